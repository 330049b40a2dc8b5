import ArgumentParser
import Foundation
import TickEngine
import TickRing
import TickWire

/// How the command says what went wrong: a sentence on standard error, and an exit code.
enum Complaint {
  static func note(_ text: String) {
    var standardError = StandardError()
    print(text, terminator: "", to: &standardError)
  }

  /// Says it and returns the exit code to throw.
  static func exit(_ verb: String, _ message: String, _ code: TickwayExit) -> ExitCode {
    note("tickway \(verb): \(message)\n")
    return ExitCode(code.rawValue)
  }

  /// Any error of the engine, under the exit code of its kind. An exit code has been explained
  /// already, and stays what it is.
  static func exit(_ verb: String, _ error: any Error) -> ExitCode {
    if let exit = error as? ExitCode { return exit }
    var message = "\(error)"
    if let failure = error as? AtomicFile.Failure { message += "; \(advice(failure))" }
    if let error = error as? RingError, error.kind == .roleTaken {
      message += ": stop that process, or choose another name"
    }
    return exit(verb, message, code(of: error))
  }

  private static func advice(_ failure: AtomicFile.Failure) -> String {
    switch failure.exitCode {
    case .permission: "choose a directory that you may write to"
    case .full: "free some space, or choose another disk"
    case .cannotCreateOutput: "check the path"
    default: "nothing was left behind; try again"
    }
  }

  private static func code(of error: any Error) -> TickwayExit {
    switch error {
    case let error as CaptureError: error.exitCode
    case let error as AtomicFile.Failure: error.exitCode
    case let error as RingError: code(of: error)
    case let error as SessionError: code(of: error)
    case let error as SupervisorError: code(of: error)
    case is SecretFailure: .configuration
    case is StrategyError: .usage
    case is PositionError, is RiskRecord.Failure, is DayRecord.Failure: .badData
    case let error as LedgerError: code(of: error)
    case let error as DecisionFileError: code(of: error)
    case let error as ValueAtRiskError: code(of: error)
    case is ThreadFailure, is MemoryShortage: .full
    case let error as StoppedAtStart: error.signal == SIGINT ? .interrupted : .terminated
    case let error as PlacementError: code(of: error)
    case let error as RoleError: code(of: error)
    case let error as ConfigurationRefusal:
      error.isUnreadable ? .cannotOpenInput : .configuration
    case let error as InputFileError: error.isUnreadable ? .cannotOpenInput : .configuration
    case let error as VenueError: code(of: error)
    case let error as VenueMarketError: code(of: error)
    case let error as ReplayError: code(of: error)
    case let error as PublishError: code(of: error)
    case let error as ReceiveError: code(of: error)
    case let error as IngestError: code(of: error)
    case let error as RequestServerError: code(of: error)
    default: .inconsistent
    }
  }

  static func code(of error: SupervisorError) -> TickwayExit {
    switch error {
    case .alreadyRunning, .otherRoles, .leftRoles, .inUse: .busy
    case .notReady: .venueUnavailable
    case .system(_, EACCES), .system(_, EPERM): .permission
    // A second try may find it otherwise.
    case .startUnderWay, .unsettled, .unusable, .edited: .inputOutput
    case .notStarted, .system: .inputOutput
    case .endedEarly, .givenUp, .endedBadly: .inconsistent
    }
  }

  private static func code(of error: RingError) -> TickwayExit {
    switch error.kind {
    case .full: .full
    case .permission, .owner: .permission
    case .absent, .exists: .cannotCreateOutput
    case .argument, .nodeAbsent, .noNuma: .usage
    case .roleTaken: .busy
    case .nodeMemory, .hugePages: .full
    default: .inputOutput
    }
  }

  private static func code(of error: RoleError) -> TickwayExit {
    switch error {
    case .otherBuild, .otherConfiguration: .configuration
    case .noPlace: .usage
    case .noTable: .cannotOpenInput
    case .unheard: .inputOutput
    }
  }

  private static func code(of error: PlacementError) -> TickwayExit {
    switch error {
    case .coreAbsent, .nodeAbsent, .coreElsewhere: .usage
    case .coreRefused, .refused: .permission
    case .memoryShort, .misplaced: .full
    }
  }

  private static func code(of error: LedgerError) -> TickwayExit {
    if case .taken = error { return .busy }
    return .configuration
  }

  private static func code(of error: DecisionFileError) -> TickwayExit {
    switch error {
    case .unreadable: .cannotOpenInput
    case .forbidden: .permission
    case .foreign, .version, .damagedHeader: .badData
    }
  }

  private static func code(of error: ValueAtRiskError) -> TickwayExit {
    if case .confidence = error { return .usage }
    return .badData
  }

  private static func code(of error: SessionError) -> TickwayExit {
    switch error {
    case .loginRejected: .loginRefused
    case .credentials: .usage
    case .unknownHost, .unreachable, .noAnswer, .lost, .stalled, .otherSession, .unresolved:
      .venueUnavailable
    }
  }

  private static func code(of error: VenueError) -> TickwayExit {
    switch error {
    case .portBusy: .busy
    case .portForbidden: .permission
    case .badAddress: .usage
    case .system: .inputOutput
    }
  }

  private static func code(of error: VenueMarketError) -> TickwayExit {
    switch error {
    case .ringAbsent: .cannotOpenInput
    case .ringTaken: .busy
    }
  }

  private static func code(of error: ReplayError) -> TickwayExit {
    switch error {
    case .unknownFeed: .unknownFeed
    case .restartRefused: .restartRefused
    case .badSymbols: .configuration
    case .live: .busy
    case .options: .usage
    }
  }

  private static func code(of error: ReceiveError) -> TickwayExit {
    switch error {
    case .portBusy: .busy
    case .portForbidden: .permission
    case .noMemory: .full
    default: .usage
    }
  }

  private static func code(of error: IngestError) -> TickwayExit {
    switch error {
    case .options: .usage
    case .restartRefused: .restartRefused
    }
  }

  private static func code(of error: PublishError) -> TickwayExit {
    switch error {
    case .unknownFeed: .unknownFeed
    case .interface, .options: .usage
    case .line(_, let code): code == EACCES || code == EPERM ? .permission : .inputOutput
    }
  }

  private static func code(of error: RequestServerError) -> TickwayExit {
    switch error {
    case .badAddress: .usage
    case .portBusy: .busy
    case .portForbidden: .permission
    case .system: .inputOutput
    }
  }
}
