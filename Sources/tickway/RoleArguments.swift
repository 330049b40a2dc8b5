import ArgumentParser
import TickEngine

/// How a verb runs as one role of an instance: options of the verbs that are roles.
struct RoleArguments: ParsableArguments {
  @Option(help: "The core that it is pinned to.")
  var core: Int?

  @Option(help: "The NUMA node that its memory comes from; otherwise its core's.")
  var node: Int?

  @Option(help: "How binding the node is: require, warn or off.")
  var memory = "off"

  @Option(help: "How it waits: auto, spin or share (spin, yield, then sleep).")
  var waiting = "auto"

  @Option(help: "Real-time priority, 1 to 99.")
  var realtime: Int?

  @Flag(help: "Keep its memory from being paged out.")
  var lockMemory = false

  @Option(help: "Its place in the role table of the instance; `tickway run` gives it.")
  var place: Int?

  @Option(help: "Refuse an instance of another build or configuration; `tickway run` gives it.")
  var configHash: String?

  @Option(help: "When the process that started it dies: stop or continue.")
  var parentDeath = "continue"

  /// Whether it is run as a role of an instance at all.
  var isGiven: Bool {
    place != nil || node != nil || memory != "off" || waiting != "auto" || realtime != nil
      || lockMemory || configHash != nil || parentDeath != "continue"
  }

  func options(_ verb: String, name: String, ringDirectory: String) throws -> RoleOptions {
    var options = RoleOptions()
    options.prefix = name
    options.ringDirectory = ringDirectory
    options.core = core
    options.node = node
    guard let memory = MemoryBinding(rawValue: memory) else {
      throw usage(verb, "--memory \(self.memory): choose require, warn or off")
    }
    options.memory = memory
    // `tickway run` gives each role its node, and what binds it.
    if let node, memory == .off, place == nil {
      throw usage(verb, "--node \(node): binds nothing without --memory require, or warn")
    }
    guard waiting == "auto" || WaitPolicy(rawValue: waiting) != nil else {
      throw usage(verb, "--waiting \(waiting): choose auto, spin or share")
    }
    options.waiting = WaitPolicy(rawValue: waiting)
    if let realtime, !(1...99).contains(realtime) {
      throw usage(verb, "--realtime \(realtime): a priority from 1 to 99 is needed")
    }
    options.realtimePriority = realtime
    options.locksMemory = lockMemory
    options.place = place
    if let configHash {
      guard let hash = UInt64(configHash, radix: 16) else {
        throw usage(verb, "--config-hash \(configHash): up to 16 hexadecimal digits are needed")
      }
      options.configurationHash = hash
    }
    guard ["stop", "continue"].contains(parentDeath) else {
      throw usage(verb, "--parent-death \(parentDeath): choose stop or continue")
    }
    options.endsWithParent = parentDeath == "stop"
    return options
  }

  private func usage(_ verb: String, _ message: String) -> ExitCode {
    Complaint.exit(verb, message, .usage)
  }
}
