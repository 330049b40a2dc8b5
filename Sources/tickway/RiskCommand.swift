import ArgumentParser
import TickEngine

/// `tickway risk`: the risk states of an instance, and what a person asks of them.
struct RiskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "risk",
    abstract: "Show an instance's risk states; reset, rebase, enable or recover one.",
    discussion: """
      What is asked goes to the sender that runs, which makes the checks and answers; who asks and \
      why is in the state directory's log before it is asked, and what came of it after.
      """,
    subcommands: [
      RiskShowCommand.self, RiskResetCommand.self, RiskRebaseCommand.self, RiskEnableCommand.self,
      RiskRecoverCommand.self,
    ], defaultSubcommand: RiskShowCommand.self)
}

/// `tickway risk show`.
struct RiskShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the state of the instance and of each strategy.")
  @OptionGroup var place: GatePlace
  @Argument(help: "The instance.") var instance: String
  @Flag(help: "As JSON.") var json = false

  func run() throws {
    let snapshot = try PositionsCommand.told("risk", instance) {
      try PositionObserver(ringDirectory: place.ringDirectory, instance: instance).snapshot()
    }
    let told = try place.killSwitch("risk", instance).status().told
    let report = RiskReport(instance, snapshot, told)
    print(json ? try JSONText.encode(report) : report.text, terminator: "")
  }
}

/// Options of everything that a person asks.
struct RiskAskingOptions: ParsableArguments {
  @OptionGroup var place: GatePlace
  @Argument(help: "The instance.") var instance: String
  @Option(help: "The person who answers for it; goes on record.") var who: String
  @Option(help: "Why; goes on record.") var reason: String
  @Option(help: "This strategy; by default the instance itself.") var strategy: UInt8?
  @Option(
    help: ArgumentHelp(
      "How long the sender has to take it, and once more to answer.", valueName: "milliseconds"))
  var patienceMs = Int(KillSwitch.askingPatience_ns / 1_000_000)

  func validate() throws {
    guard strategy != 0 else { throw ValidationError("Strategies are numbered from 1.") }
    guard (1...600_000).contains(patienceMs) else {
      throw ValidationError("--patience-ms must be from 1 to 600000.")
    }
  }

  func askOfStrategy(_ action: RiskAction) throws {
    guard strategy != nil else {
      throw Complaint.exit("risk \(action.name)", "--strategy N is needed", .usage)
    }
    try ask(action)
  }

  func ask(_ action: RiskAction) throws {
    let approval: RiskApproval
    do throws(RiskApproval.Failure) {
      approval = try RiskApproval(who: GatePlace.line(who), why: GatePlace.line(reason))
    } catch { throw Complaint.exit("risk \(action.name)", "\(error)", .usage) }
    let one = try place.killSwitch("risk \(action.name)", instance)
    do throws(RiskAskingError) {
      let answer = try one.ask(
        action, of: strategy ?? 0, approval, patience_ns: UInt64(patienceMs) * 1_000_000)
      print("\(subject): \(action.name) done: \(RiskReport.text(answer))")
    } catch {
      throw Complaint.exit("risk \(action.name)", "\(subject): \(error)", code(of: error, one))
    }
  }

  private var subject: String { strategy.map { "\(instance), strategy \($0)" } ?? instance }

  private func code(of error: RiskAskingError, _ one: KillSwitch) -> TickwayExit {
    switch error {
    case .noSender: one.state.standing(of: instance).isKnown ? .cannotOpenInput : .unknownName
    case .dead: .cannotOpenInput
    case .unacknowledged, .unanswered: .notConfirmed
    case .busy: .busy
    case .refused: .checksFailed
    case .state(let failure, _): ArmingOptions.code(of: failure)
    case .page(.permission): .permission
    case .page: .inputOutput
    }
  }
}

/// `tickway risk reset`.
struct RiskResetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset",
    abstract: "End a cooldown that has lasted its time (RS6).",
    discussion: """
      Refused while it lasts, and while the drawdown from the old peak is above what trips the \
      breaker; what a person approves of as the new peak is for `tickway risk rebase`.
      """)
  @OptionGroup var options: RiskAskingOptions
  func run() throws { try options.ask(.reset) }
}

/// `tickway risk rebase`.
struct RiskRebaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebase", abstract: "Approve the present equity as the peak; the state stays.")
  @OptionGroup var options: RiskAskingOptions
  func run() throws { try options.ask(.rebase) }
}

/// `tickway risk enable`.
struct RiskEnableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable",
    abstract: "Switch a strategy on again that executed too often (RM9); needs --strategy.")
  @OptionGroup var options: RiskAskingOptions
  func run() throws { try options.askOfStrategy(.enable) }
}

/// `tickway risk recover`.
struct RiskRecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Begin to look into a strategy's kill; it trades again after a restart (RS8).",
    discussion: "Needs --strategy: an instance is recovered by `tickway resume` and a restart.")
  @OptionGroup var options: RiskAskingOptions
  func run() throws { try options.askOfStrategy(.recover) }
}
