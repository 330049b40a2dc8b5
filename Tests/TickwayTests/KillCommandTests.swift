import Foundation
import Glibc
import Testing

/// The verbs arm, kill, resume, state and watchdog, in every state that an operator may find.
/// (KS2, KS3)
@Suite(.serialized, .timeLimit(.minutes(3))) struct KillCommandTests {
  let scratch = Scratch()

  @discardableResult
  private func tickway(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments + scratch.places)
  }

  private func resume(_ instance: String, _ options: String...) throws -> Command.Result {
    try Command.run(
      ["resume", instance, "--who", "anna", "--reason", "looked at"] + options + scratch.places)
  }

  /// A process that has the sender's role, and no connection.
  private func sender(_ instance: String, as user: [String] = []) throws -> Running {
    let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "gate-stand-in").path
    let running = try Running(
      user + [path, scratch.path, scratch["state"], instance, "1", "spin"])
    try #require(
      eventually(within: 30) {
        (try? tickway("state", instance, "--json").output.contains("\"sender\":\"running\""))
          == true
      }, "\(running.output)")
    return running
  }

  @Test func ks3ArmKillResumeAndWhatIsSaidOfIt() throws {
    #expect(try tickway("state").status == 11)
    try scratch.arm("prod")
    #expect(try tickway("state", "prod").status == 0)
    let again = try tickway("arm", "prod", "--who", "x", "--reason", "y")
    #expect(again.status == 7 && again.error.contains("armed already, by anna"))
    let kill = try tickway("kill", "prod", "--who", "bert", "--reason", "prices run away")
    #expect(kill.status == 0 && kill.output.contains("prod: TRIPPED"), "\(kill)")
    let state = try tickway("state", "prod")
    #expect(state.status == 11 && state.output.contains("TRIPPED (operator)"))
    #expect(state.output.contains("by bert: prices run away"))
    // Arming is no way around the checks of a resume.
    let arming = try tickway("arm", "prod", "--who", "x", "--reason", "y")
    #expect(arming.status == 11 && arming.error.contains("tickway resume"))
    let resumed = try resume("prod")
    #expect(resumed.status == 0)
    let checks = [
      "record: ok", "page: ok", "sender: ok", "orders: ok", "risk: ok", "heartbeat: ok",
    ]
    for check in checks { #expect(resumed.output.contains(check), "\(check): \(resumed.output)") }
    #expect(try resume("prod").status == 7)
    #expect(try resume("other").status == 12)
    let log = try scratch.text("state/prod.log")
    #expect(log.split(separator: "\n").count == 3 && log.contains("prices run away"))
  }

  /// A sender takes its generation when it starts: one that began before the arming stays shut.
  @Test func anArmingNamesTheSenderThatItComesTooLateFor() throws {
    let early = try sender("prod")
    let armed = try tickway("arm", "prod", "--who", "anna", "--reason", "first day")
    #expect(armed.status == 0 && armed.output.contains("prod: ARMED, generation 1"))
    #expect(armed.error.contains("process \(early.pid), was shut before this"), "\(armed)")
    #expect(armed.error.contains("kill \(early.pid)"))
    #expect(try tickway("state", "prod").output.contains("SHUT UNTIL IT IS STARTED AGAIN"))
    early.signal(SIGKILL)
    _ = try early.wait()
    let next = try sender("prod")
    #expect(try !tickway("state", "prod").output.contains("SHUT"))
    // The same for a resume.
    #expect(try tickway("kill", "prod", "--patience-ms", "30000").status == 0)
    let resumed = try resume("prod", "--overrule", "orders")
    #expect(resumed.status == 0, "\(resumed)")
    #expect(resumed.error.contains("process \(next.pid), was shut before"), "\(resumed)")
  }

  @Test func ks2AKillOfAnUnknownNameSaysSoAndHolds() throws {
    try scratch.arm("prod")
    let kill = try tickway("kill", "prdo")
    #expect(kill.status == 12 && kill.error.contains("Known are: prod"), "\(kill.error)")
    #expect(try tickway("arm", "prdo", "--who", "x", "--reason", "y").status == 11)
    #expect(try tickway("state", "prod").status == 0)
    #expect(try tickway("kill", "../etc").status == 64)
    let none = try tickway("kill")
    #expect(none.status == 64 && none.error.contains("prod"))
  }

  /// As of variables that are not set: who killed is on record all the same.
  @Test func aKillWithoutAWordHasTheUserOnRecord() throws {
    try scratch.arm("prod")
    #expect(try tickway("kill", "prod", "--who", "", "--reason", " ").status == 0)
    let state = try tickway("state", "prod").output
    #expect(state.contains("\(NSUserName()): no reason given"), "\(state)")
  }

  /// As of a variable that is not set: it is the sender's own, not where one happens to be.
  @Test func aStateDirectoryOfNothingIsTheOneThatTheSenderObeys() throws {
    try scratch.arm("prod")
    let running = try sender("prod")
    let kill = try Command.run([
      "kill", "prod", "--ring-dir", scratch.path, "--state-dir", "", "--patience-ms", "30000",
    ])
    #expect(kill.status == 0 && running.isRunning, "\(kill)")
    #expect(try tickway("state", "prod").status == 11)
  }

  @Test func ks2AllIsEveryGateAndEveryFile() throws {
    #expect(try tickway("kill", "--all").status == 12)
    for name in ["a", "b", "c"] { try scratch.arm(name) }
    let senders = try [sender("a"), sender("b")]
    let kill = try tickway("kill", "--all", "--reason", "fire", "--patience-ms", "30000")
    #expect(kill.status == 0, "\(kill.output) \(kill.error)")
    for name in ["a", "b", "c"] {
      #expect(kill.output.contains("\(name): TRIPPED"), "\(kill.output)")
      #expect(try tickway("state", name).status == 11)
    }
    #expect(kill.output.components(separatedBy: "acknowledged").count == 3)
    for sender in senders { #expect(sender.isRunning) }
  }

  @Test func ks2AStoppedSenderDelaysNobody() throws {
    try scratch.arm("prod")
    let running = try sender("prod")
    running.signal(SIGSTOP)
    let isStopped = eventually(within: 30) {
      (try? tickway("state", "prod").output.contains("stopped")) == true
    }
    #expect(isStopped)
    let kill = try tickway("kill", "prod", "--patience-ms", "30000")
    #expect(kill.status == 0 && kill.output.contains("(stopped)"), "\(kill)")
    let state = try tickway("state", "prod")
    #expect(state.output.contains("stopped") && state.output.contains("NOT ACKNOWLEDGED"))
    // Nobody resumes over the head of a sender that has not seen the trip.
    let refused = try resume("prod")
    #expect(refused.status == 8 && refused.output.contains("sender: FAILED"), "\(refused)")
    running.signal(SIGCONT)
    let isSeen = eventually(within: 30) {
      (try? tickway("state", "prod").output.contains("trip acknowledged")) == true
    }
    #expect(isSeen)
  }

  /// The stand-in tells failed sends as orders in doubt.
  @Test func ks3OrdersInDoubtKeepItShutUnlessAPersonAnswersForThem() throws {
    try scratch.arm("prod")
    let running = try sender("prod")
    #expect(try tickway("kill", "prod", "--patience-ms", "30000").status == 0)
    running.signal(SIGKILL)
    _ = try running.wait()
    let refused = try resume("prod")
    #expect(refused.status == 8 && refused.output.contains("orders: FAILED"), "\(refused)")
    #expect(refused.output.contains("risk: ok"), "the checks after a failed one are told, too")
    #expect(try resume("prod", "--overrule", "sender").status == 64)
    let overruled = try resume("prod", "--overrule", "orders")
    #expect(overruled.status == 0 && overruled.output.contains("orders: OVERRULED"))
    #expect(try scratch.text("state/prod.log").contains("overruled: orders"))
  }

  @Test func ks3ATripThatCannotBeWrittenIsShutAndSaysSo() throws {
    try scratch.arm("prod")
    let running = try sender("prod")
    let blocked = try scratch.write("", to: "blocked")
    let kill = try Command.run([
      "kill", "prod", "--ring-dir", scratch.path, "--state-dir", blocked, "--patience-ms", "30000",
    ])
    #expect(kill.status == 9 && kill.error.contains("NOT ON DISK"), "\(kill)")
    #expect(kill.output.contains("acknowledged") && running.isRunning)
    // The sender's own directory has it.
    #expect(try tickway("state", "prod").output.contains("TRIPPED (operator)"))
  }

  @Test func ks3AFullDiskStillTrips() throws {
    try scratch.arm("prod")
    let kill = try Running(
      [
        "bash", "-c", "(ulimit -f 0; exec \"$@\") | cat; exit ${PIPESTATUS[0]}", "-", Command.path,
        "kill", "prod",
      ] + scratch.places
    ).wait()
    #expect(kill.status == 0 && kill.output.contains("TRIPPED"), "\(kill)")
    let state = try tickway("state", "prod")
    #expect(state.status == 11 && state.output.contains("state_unreadable"), "\(state.output)")
    let refused = try resume("prod")
    #expect(refused.status == 8 && refused.output.contains("record: FAILED"))
    #expect(try tickway("kill", "prod").status == 0)
    #expect(try resume("prod").status == 0)
  }

  @Test func ks2NobodyNeedsToListenToAKill() throws {
    try scratch.arm("prod")
    let kill = try Running(
      ["bash", "-c", "exec \"$@\" >&- 2>&- <&-", "-", Command.path, "kill", "prod"] + scratch.places
    ).wait()
    _ = kill
    #expect(try tickway("state", "prod").status == 11)
    #expect(try resume("prod").status == 0)
    _ = try Running(
      ["bash", "-c", "\"$@\" | true", "-", Command.path, "kill", "prod"] + scratch.places
    ).wait()
    #expect(try tickway("state", "prod").status == 11)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can be another user"))
  func ks2AnotherUsersKillIsNotSaidToBeOne() throws {
    try scratch.arm("prod")
    let running = try sender("prod")
    chmod(scratch.path, 0o755)
    let asNobody = KillCommandTests.nobody + [Command.path, "kill", "prod"]
    let kill = try Running(asNobody + scratch.places).wait()
    try #require(kill.status != 126 && kill.status != 127, "\(kill.error)")
    #expect(kill.status == 10 && kill.error.contains("MAY STILL SEND"), "\(kill)")
    #expect(kill.output.contains("ermission") && running.isRunning, "\(kill.output)")
    #expect(try tickway("state", "prod").status == 0)
  }

  private static let nobody = [
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
  ]

  /// By sudo, say: the sender's own state directory is the one that counts, and stays its user's.
  @Test(.enabled(if: geteuid() == 0, "only root can be another user"))
  func ks3RootKillsAUsersSenderWhereItsUserCanResumeIt() throws {
    chmod(scratch.path, 0o777)
    func asNobody(_ arguments: [String]) throws -> Command.Result {
      try Running(KillCommandTests.nobody + [Command.path] + arguments).wait()
    }
    let words = ["prod", "--who", "anna", "--reason", "r"]
    try #require(try asNobody(["arm"] + words + scratch.places).status == 0)
    let running = try sender("prod", as: KillCommandTests.nobody)
    let kill = try Command.run([
      "kill", "prod", "--ring-dir", scratch.path, "--patience-ms", "30000",
    ])
    #expect(kill.status == 0 && kill.output.contains("on disk in \(scratch["state"])"), "\(kill)")
    let state = try Command.run(["state", "prod", "--ring-dir", scratch.path])
    #expect(state.status == 11 && state.output.contains("TRIPPED (operator)"))
    running.signal(SIGKILL)
    _ = try running.wait()
    // The stand-in's failed sends are told as orders in doubt.
    let resumed = try asNobody(["resume"] + words + ["--overrule", "orders"] + scratch.places)
    #expect(resumed.status == 0, "\(resumed)")
    for name in try FileManager.default.contentsOfDirectory(atPath: scratch["state"]) {
      var status = stat()
      lstat(scratch["state/\(name)"], &status)
      #expect(status.st_uid == 65_534, "\(name)")
    }
  }

  @Test func ks2WithoutTheWatchdogTheGateShuts() throws {
    try scratch.arm("prod", "--dead-man", "3")
    let running = try sender("prod")
    let dog = try Command.start(["watchdog", "prod"] + scratch.places)
    #expect(eventually(within: 30) { dog.output.contains("open, dead-man limit 3.0 s") })
    usleep(4_000_000)
    #expect(try tickway("state", "prod").status == 0, "\(dog.output)")
    dog.signal(SIGKILL)
    let isShut = eventually(within: 30) { (try? tickway("state", "prod").status) == 11 }
    #expect(isShut)
    let state = try tickway("state", "prod")
    #expect(
      state.output.contains("dead_man") && state.output.contains("not in the state directory"))
    // No resume while nobody beats; the next watchdog writes the trip down.
    let refused = try resume("prod")
    #expect(refused.status == 8 && refused.output.contains("heartbeat: FAILED"), "\(refused)")
    #expect(try tickway("watchdog", "prod", "--off").status == 0)
    #expect(try scratch.text("state/prod.log").contains("dead_man"))
    _ = running
  }

  @Test func ks2AWatchdogKillsASenderThatHangs() throws {
    try scratch.arm("prod")
    let running = try sender("prod")
    let dog = try Command.start(["watchdog", "prod", "--sender-silence", "5"] + scratch.places)
    #expect(eventually(within: 30) { dog.output.contains("open") })
    running.signal(SIGSTOP)
    #expect(eventually(within: 60) { dog.output.contains("no order leaves it any more") })
    let state = try tickway("state", "prod")
    #expect(state.status == 11 && state.output.contains("TRIPPED (sender_silent)"), "\(state)")
  }

  /// A script of one's own hears by the code what it would have to read otherwise.
  @Test func oneBeatSaysWhetherTheGateIsShut() throws {
    try scratch.arm("prod")
    let running = try sender("prod")
    let open = try tickway("watchdog", "prod", "--once")
    #expect(open.status == 0 && open.output.contains("open"), "\(open)")
    try tickway("kill", "prod")
    let shut = try tickway("watchdog", "prod", "--once")
    #expect(shut.status == 11 && shut.output.contains("SHUT (operator)"), "\(shut)")
    _ = running
  }

  @Test func aWatchdogEndsWhenItIsAskedTo() throws {
    let dog = try Command.start(["watchdog", "prod"] + scratch.places)
    #expect(eventually(within: 30) { dog.output.contains("waiting for the sender") })
    dog.signal(SIGTERM)
    #expect(try dog.wait(within: 10).status == 0)
    #expect(try tickway("watchdog", "prod", "--once").status == 66)
  }
}
