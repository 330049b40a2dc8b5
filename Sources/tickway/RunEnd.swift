import ArgumentParser
import Foundation
import TickEngine

/// How a run ends for the shell.
enum RunEnd {
  static func judge(_ outcome: ReplayOutcome, _ verb: String) throws {
    if let failure = outcome.failure { throw failure }
    try judge(outcome.inconsistencies, verb)
    switch outcome.signal {
    case SIGINT: throw ExitCode(TickwayExit.interrupted.rawValue)
    case SIGTERM: throw ExitCode(TickwayExit.terminated.rawValue)
    default: break
    }
  }

  /// Throws if there are contradictions.
  static func judge(_ inconsistencies: [String], _ verb: String) throws(ExitCode) {
    guard !inconsistencies.isEmpty else { return }
    throw Complaint.exit(
      verb,
      "the counts contradict each other; please report this:\n  "
        + inconsistencies.joined(separator: "\n  "), .inconsistent)
  }
}

extension ReplayObserver {
  /// Notes and progress for whoever runs a verb at a terminal.
  static func operators(_ verb: String) -> ReplayObserver {
    let isTerminal = isatty(2) == 1
    return ReplayObserver(
      note: { Complaint.note("tickway \(verb): \($0)\n") },
      progress: { packets, seconds in
        guard isTerminal else { return }
        let elapsed = String(format: "%.0f", seconds)
        Complaint.note("\r\(packets) packets in \(elapsed) s ")
      })
  }
}
