import ArgumentParser
import Glibc
import TickEngine

/// `tickway state`: how the kill switches stand.
struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Show whether an instance is armed or tripped, by whom and why, and its sender.",
    discussion: "Ends with 0 if all that is shown is armed, with 11 if something is tripped.")
  @OptionGroup var place: GatePlace
  @Argument(help: "The instance; by default all that are known.") var instance: String?
  @Flag(help: "Print one JSON object an instance.") var json = false

  func run() throws {
    let names = instance.map { [$0] } ?? place.instances
    if names.isEmpty {
      Complaint.note(
        "tickway state: no gate in \(place.ringDirectory), no file in \(place.state.path)\n")
    }
    var isTripped = names.isEmpty
    for name in names {
      let status = try place.killSwitch("state", name).status()
      print(json ? try GateText.json(status) : GateText.lines(status))
      isTripped = isTripped || !status.isArmed
    }
    if isTripped { throw ExitCode(TickwayExit.tripped.rawValue) }
  }
}

/// `tickway watchdog`: the operator's heartbeat.
struct WatchdogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watchdog",
    abstract: "Beat for an instance: without it the sender shuts its own gate (dead man).",
    discussion: """
      Runs on the operator's side. When it ends, by whatever means, the sender shuts the gate \
      after the limit; --off takes the limit away. A trip that the sender's process alone knew is \
      written to the state directory. With --once it ends with 11 if the gate is shut.
      """)
  @OptionGroup var place: GatePlace
  @Argument(help: "The instance.") var instance: String
  @Option(
    help: ArgumentHelp(
      "Silence after which the sender shuts the gate; by default the one in force.",
      valueName: "seconds"))
  var deadMan: Double?
  @Option(
    help: ArgumentHelp(
      "Kill a sender that runs and tells nothing of itself for so long.", valueName: "seconds"))
  var senderSilence: Double?
  @Flag(help: "One heartbeat, and done: for a script of one's own.") var once = false
  @Flag(help: "Take the limit away, and done.") var off = false

  func validate() throws {
    guard deadMan.map(GateRecord.deadManRange.contains) ?? true else {
      throw ValidationError("--dead-man must be from 0.1 to 86400 seconds.")
    }
    guard senderSilence.map(GateRecord.deadManRange.contains) ?? true else {
      throw ValidationError("--sender-silence must be from 0.1 to 86400 seconds.")
    }
    guard !(off && (once || deadMan != nil)) else {
      throw ValidationError("--off goes with none of the others.")
    }
  }

  func run() throws {
    let dog = Watchdog(try place.killSwitch("watchdog", instance))
    var isShut = false
    do throws(KillError) {
      if off { return print(try dog.letGo().text) }
      let limit_ns = deadMan.map { UInt64($0 * 1e9) }
      if once {
        let beat = try dog.beat(limit_ns: limit_ns)
        print(beat.text)
        isShut = beat.isShut
      } else {
        try watch(dog, limit_ns)
      }
    } catch {
      switch error {
      case .absent:
        throw Complaint.exit(
          "watchdog", "\(error); it is made when the sender starts", .cannotOpenInput)
      case .permission: throw Complaint.exit("watchdog", "\(error)", .permission)
      default: throw Complaint.exit("watchdog", "\(error)", .inputOutput)
      }
    }
    if isShut { throw ExitCode(TickwayExit.tripped.rawValue) }
  }

  private func watch(_ dog: Watchdog, _ limit_ns: UInt64?) throws(KillError) {
    let silence_ns = senderSilence.map { UInt64($0 * 1e9) }
    try dog.watch(limit_ns: limit_ns, senderSilence_ns: silence_ns) { text in
      print("\(instance): \(text)")
      fflush(nil)
    }
    Complaint.note("tickway watchdog: ended; the limit stays in force (--off takes it away)\n")
  }
}
