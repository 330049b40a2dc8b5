import ArgumentParser
import Glibc
import TickEngine

/// `tickway kill`: shuts gates, now.
struct KillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill",
    abstract: "Trip the kill switch of one instance, or of all, and confirm the state reached.",
    discussion: """
      The gate is shut first. Then the trip is written to the state directory, where it stays \
      until `tickway resume`; and a sender that does not acknowledge in time, because it is \
      stopped or hangs, has its connections reset from outside, which discards what is queued. \
      SIGKILL is the last means.

      Ends with 0 when all of that is so; with 9 when no order leaves any more, but the trip is \
      not on disk; with 10 when a sender may still send; with 12 when nothing of that name was \
      ever heard of (the trip is written all the same, and it cannot start).
      """)

  @OptionGroup var place: GatePlace
  @Argument(help: "The instance.") var instance: String?
  @Flag(help: "Every instance that has a gate or a file in the state directory.") var all = false
  @Option(help: "Why; goes on record.") var reason = "no reason given"
  @Option(help: "Who; by default the user.") var who: String?
  @Option(
    help: ArgumentHelp("How long a sender has to acknowledge.", valueName: "milliseconds"))
  var patienceMs = 5
  @Flag(help: "Print one JSON object an instance.") var json = false

  func validate() throws {
    guard patienceMs >= 0, patienceMs <= 60_000 else {
      throw ValidationError("--patience-ms must be from 0 to 60000.")
    }
  }

  func run() throws {
    KillCommand.holdOut()
    let names = try names()
    let switches = try names.map { try place.killSwitch("kill", $0) }
    // All gates first: nobody waits for another instance's disk or sender.
    if switches.count > 1 { for one in switches { one.shut() } }
    var worst = TickwayExit.ok
    for one in switches {
      let outcome = one.kill(
        who: KillCommand.said(who) ?? GatePlace.user,
        reason: KillCommand.said(reason) ?? "no reason given",
        patience_ns: UInt64(patienceMs) * 1_000_000)
      print(json ? try KillText.json(outcome) : KillText.lines(outcome))
      fflush(nil)
      let code = code(of: outcome)
      if KillCommand.rank(code) > KillCommand.rank(worst) { worst = code }
      complain(outcome, code)
    }
    if worst != .ok { throw ExitCode(worst.rawValue) }
  }

  /// What a panic brings: a closed terminal, a pipe whose reader is gone, a limit on files, the
  /// same keys over and over. None of it ends a kill half-way.
  private static func holdOut() {
    for number in [SIGHUP, SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGQUIT, SIGTSTP] {
      _ = signal(number, SIG_IGN)
    }
  }

  /// nil: nothing, as of a variable that is not set. A kill is not refused for that.
  private static func said(_ text: String?) -> String? {
    let line = GatePlace.line(text ?? "")
    return line.isEmpty ? nil : line
  }

  private func names() throws -> [String] {
    switch (instance, all) {
    case (let name?, false): return [name]
    case (nil, true):
      let names = place.instances
      guard !names.isEmpty else {
        throw Complaint.exit(
          "kill",
          "no gate in \(place.ringDirectory), and no file in \(place.state.path):"
            + " nothing was shut", .unknownName)
      }
      return names
    default:
      throw Complaint.exit(
        "kill", "say which: one instance, or --all. There are: \(known)", .usage)
    }
  }

  private var known: String {
    let names = place.instances.filter { $0 != instance }
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  private func code(of outcome: KillOutcome) -> TickwayExit {
    if !outcome.isConfirmed { return .notConfirmed }
    if outcome.failure != nil { return .shutNotWritten }
    return outcome.isKnown ? .ok : .unknownName
  }

  private static func rank(_ code: TickwayExit) -> Int {
    [.ok, .unknownName, .shutNotWritten, .notConfirmed].firstIndex(of: code) ?? 0
  }

  private func complain(_ outcome: KillOutcome, _ code: TickwayExit) {
    let name = outcome.instance
    let problem: String?
    switch code {
    case .notConfirmed:
      problem =
        "\(name) MAY STILL SEND: end its process as its own user or as root, or cut it off at the"
        + " venue"
    case .shutNotWritten:
      problem =
        "\(name) is shut, but THE TRIP IS NOT ON DISK (\(outcome.failure ?? "")): a restart would"
        + " not know of it; make the directory writable, and kill it again"
    case .unknownName:
      problem =
        "\(name) was never heard of: nothing was running to be shut. It cannot start now. Known"
        + " are: \(known)"
    default: problem = nil
    }
    if let problem { Complaint.note("tickway kill: \(problem)\n") }
  }
}
