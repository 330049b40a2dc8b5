import ArgumentParser
import TickEngine

/// Options of both ways to arm.
struct ArmingOptions: ParsableArguments {
  @OptionGroup var place: GatePlace
  @Argument(help: "The instance.") var instance: String
  @Option(help: "The person who answers for it; goes on record.") var who: String
  @Option(help: "Why; goes on record.") var reason: String
  @Option(
    help: ArgumentHelp(
      "Silence of `tickway watchdog` after which the sender shuts the gate.", valueName: "seconds"))
  var deadMan: Double?

  func validate() throws {
    guard !GatePlace.line(who).isEmpty, !GatePlace.line(reason).isEmpty else {
      throw ValidationError("--who and --reason must say something.")
    }
    let range = GateRecord.deadManRange
    guard deadMan.map(range.contains) ?? true else {
      throw ValidationError("--dead-man must be from 0.1 to 86400 seconds.")
    }
  }

  static func code(of error: ArmingError) -> TickwayExit {
    switch error {
    case .alreadyArmed: .alreadyArmed
    case .tripped, .killedMeanwhile: .tripped
    case .neverArmed: .unknownName
    case .checksFailed: .checksFailed
    case .page(.permission): .permission
    case .page: .inputOutput
    case .state(let failure): code(of: failure)
    }
  }

  static func code(of failure: StateFailure) -> TickwayExit {
    switch failure.kind {
    case .permission: .permission
    case .full: .full
    default: .inputOutput
    }
  }

  func done(_ record: GateRecord, _ verb: String, _ one: KillSwitch) {
    print(
      "\(instance): ARMED, generation \(record.generation), by \(record.who) at \(record.time):"
        + " \(record.reason)")
    guard let pid = one.status().shutSenderPid else { return }
    Complaint.note(
      "tickway \(verb): \(instance): its sender, process \(pid), was shut before this, and"
        + " sends nothing until it is started again: end it (kill \(pid)), which `tickway run`"
        + " answers with another; one that was started by hand, start again yourself\n")
  }
}

/// `tickway arm`: lets an instance trade that never did.
struct ArmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arm",
    abstract: "Arm an instance for the first time; an instance that was never armed is tripped.",
    discussion: """
      What is armed already is refused; what was tripped is for `tickway resume`. A sender that \
      runs already sends nothing until it is started again: it is named, with what to do.
      """)
  @OptionGroup var options: ArmingOptions

  func run() throws {
    let one = try options.place.killSwitch("arm", options.instance)
    do throws(ArmingError) {
      let record = try one.arm(
        who: GatePlace.line(options.who), reason: GatePlace.line(options.reason),
        deadManSeconds: options.deadMan)
      options.done(record, "arm", one)
    } catch {
      throw Complaint.exit("arm", "\(options.instance): \(error)", ArmingOptions.code(of: error))
    }
  }
}

/// `tickway resume`: lets an instance trade again that was tripped.
struct ResumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Arm a tripped instance again, if every check passes.",
    discussion: """
      The checks: record (the state directory holds a whole one), page (the gate can be used), \
      sender (none runs that has not seen the trip), orders (none open or in doubt, as told last), \
      risk (no breaker, no cooldown, no kill that came over one), heartbeat (the operator's comes, \
      if there is a dead-man limit). A sender that still runs sends nothing until it is started \
      again. A breaker or a cooldown goes on after that, also if risk is overruled: \
      `tickway risk reset` ends it.
      """)
  @OptionGroup var options: ArmingOptions
  @Option(
    help: ArgumentHelp(
      "Pass a check that fails, on record: orders or risk; may be repeated.", valueName: "check"))
  var overrule: [String] = []

  func run() throws {
    let checks = overrule.compactMap(ResumeCheck.init(rawValue:)).filter(\.isOverrulable)
    guard checks.count == overrule.count else {
      throw Complaint.exit("resume", "--overrule takes orders or risk", .usage)
    }
    let one = try options.place.killSwitch("resume", options.instance)
    do throws(ArmingError) {
      let record = try one.resume(
        who: GatePlace.line(options.who), reason: GatePlace.line(options.reason),
        deadManSeconds: options.deadMan, overruling: Set(checks)
      ) { finding in
        let verdict = finding.isPassed ? "ok" : finding.isOverruled ? "OVERRULED" : "FAILED"
        print("\(finding.check.rawValue): \(verdict): \(finding.text)")
      }
      options.done(record, "resume", one)
    } catch {
      throw Complaint.exit(
        "resume", "\(options.instance): \(error)", ArmingOptions.code(of: error))
    }
  }
}
