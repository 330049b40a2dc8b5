import Foundation
import Glibc
import Testing
import TickRing

@testable import TickEngine

/// Kills of real processes, really stopped. (KS2)
@Suite(.serialized, .timeLimit(.minutes(3))) struct KillProcessTests {
  @Test func ks2ASenderThatRunsAcknowledgesAndSendsNothingMore() throws {
    let sender = try StandIn()
    try #require(sender.venue.read(atLeast: 100))
    // It fills its socket while nobody reads: read on another thread.
    let venue = sender.venue
    let reader = Thread { venue.readToTheEnd() }
    reader.start()
    let outcome = sender.killPatiently()
    #expect(outcome.sender == .acknowledged && outcome.gate == .shut && outcome.isConfirmed)
    #expect(outcome.senderPid == sender.pid && outcome.failure == nil)
    // What it tells from here on, it told after its promise.
    let acknowledged_ns = MonotonicClock.now
    try #require(
      sender.eventually { sender.killSwitch.status().told?.told_ns ?? 0 > acknowledged_ns })
    let sent = sender.sent
    // Many of its turns later it has sent nothing more.
    let told_ns = sender.killSwitch.status().told?.told_ns ?? 0
    #expect(
      sender.eventually { sender.killSwitch.status().told?.told_ns ?? 0 > told_ns + 10_000_000 })
    #expect(sender.sent == sent)
    Glibc.kill(sender.pid, SIGKILL)
    while reader.isExecuting { usleep(500) }
    #expect(venue.isInOrder && venue.count <= sent)
    #expect(!sender.killSwitch.status().isArmed)
  }

  /// Between its look at the gate and its send, in the kernel, anywhere.
  @Test func ks2ASenderStoppedAtAnyInstantIsCutOffAndDeliversNothing() throws {
    var random = SeededRandom(seed: 7)
    for round in 0..<20 {
      let sender = try StandIn()
      try #require(sender.venue.read(atLeast: UInt64(1 + random.below(50))))
      usleep(UInt32(random.below(2_000)))
      try sender.freeze()
      try cutOff(sender, round)
    }
  }

  @Test func ks2AFullSocketIsDiscarded() throws {
    var random = SeededRandom(seed: 8)
    for round in 0..<5 {
      let sender = try StandIn()
      // Nobody reads: both kernels' buffers fill.
      #expect(sender.eventually { sender.killSwitch.status().told?.unsentBytes ?? 0 > 100 })
      usleep(UInt32(random.below(1_000)))
      try sender.freeze()
      try cutOff(sender, round)
      #expect(
        sender.eventually { sender.venue.count < sender.sent },
        "round \(round): what was queued was delivered")
    }
  }

  /// Kills a frozen sender, lets it go on, and holds it to having delivered nothing.
  private func cutOff(_ sender: StandIn, _ round: Int) throws {
    #expect(sender.killSwitch.status().isConnected, "\(round)")
    let outcome = sender.killSwitch.kill(who: "bert", reason: "test")
    guard case .cutOff(let connections, _) = outcome.sender else {
      Issue.record("round \(round): \(outcome.sender)")
      return
    }
    #expect(connections == 1 && outcome.senderWasStopped && outcome.isConfirmed, "\(round)")
    // The connection is dead at the venue while the sender still stands.
    #expect(!sender.killSwitch.status().isConnected, "\(round)")
    sender.venue.readToTheEnd()
    let delivered = sender.venue.count
    sender.thaw()
    #expect(
      sender.eventually { sender.killSwitch.status().hasAcknowledged }, "round \(round): no ack")
    sender.venue.readToTheEnd()
    #expect(sender.venue.count == delivered && sender.venue.isInOrder, "round \(round)")
    #expect(!sender.venue.hasAnother, "round \(round)")
    #expect(sender.eventually { delivered <= sender.sent }, "round \(round)")
  }

  @Test func ks2ASenderThatNeverLooksIsCutOff() throws {
    let sender = try StandIn("blind")
    try #require(sender.venue.read(atLeast: 10))
    let outcome = sender.killSwitch.kill(who: "bert", reason: "test")
    guard case .cutOff = outcome.sender else {
      Issue.record("\(outcome.sender)")
      return
    }
    #expect(outcome.isConfirmed && !outcome.senderWasStopped)
    sender.venue.readToTheEnd()
    // It goes on sending into nothing.
    #expect(sender.eventually { sender.failed > 0 })
    #expect(sender.venue.count <= sender.sent && sender.venue.isInOrder)
  }

  @Test func ks2ASenderWithoutAConnectionNeedsNoCut() throws {
    let sender = try StandIn("idle")
    let outcome = sender.killSwitch.kill(who: "bert", reason: "test")
    #expect(outcome.sender == .unconnected && outcome.isConfirmed)
  }

  /// Its line about itself is half-written, for ever: its connections are found all the same.
  @Test func ks2ASenderStoppedWhileItSaysWhoItIsIsCutOff() throws {
    let sender = try StandIn()
    try #require(sender.venue.read(atLeast: 10))
    try sender.freeze()
    let page = try KillPage.attach("prod", ringDirectory: sender.scratch.path)
    let sequence = page.lines.load(4, 0)
    page.lines.store(4, 0, sequence | 1)
    #expect(page.sender() == nil)
    let outcome = sender.killSwitch.kill(who: "bert", reason: "test")
    guard case .cutOff = outcome.sender else {
      Issue.record("\(outcome.sender)")
      return
    }
    #expect(outcome.senderPid == sender.pid && outcome.isConfirmed)
  }

  @Test func ks2ADeadSenderIsSaidToBeGoneAndItsPidHarmsNobody() throws {
    let sender = try StandIn()
    try #require(sender.venue.read(atLeast: 10))
    sender.kill(sender.pid, SIGKILL)
    sender.process.waitUntilExit()
    var outcome = sender.killPatiently()
    #expect(outcome.sender == .none && outcome.senderPid == sender.pid && outcome.isConfirmed)
    // A later process has its pid: this very one, which began at another time.
    let page = try KillPage.attach("prod", ringDirectory: sender.scratch.path)
    var identity = try Self.identity(page)
    identity.pid = getpid()
    page.publish(identity)
    outcome = sender.killPatiently()
    #expect(outcome.sender == .none && outcome.isConfirmed)
  }

  private static func identity(
    _ page: borrowing KillPage
  ) throws -> KillPage.SenderIdentity {
    let identity = page.sender()
    return try #require(identity)
  }

  /// What a dead sender leaves in its socket is not sent by the kernel in its name.
  @Test func ks2ADeadSendersQueueIsDiscarded() throws {
    let sender = try StandIn()
    #expect(sender.eventually { sender.killSwitch.status().told?.unsentBytes ?? 0 > 100 })
    sender.kill(sender.pid, SIGKILL)
    sender.process.waitUntilExit()
    sender.venue.readToTheEnd()
    #expect(sender.venue.count < sender.sent && sender.venue.isInOrder)
  }

  @Test func ks2ASenderWhosePageIsDamagedIsEnded() throws {
    let sender = try StandIn()
    try #require(sender.venue.read(atLeast: 10))
    try sender.freeze()
    let file = try FileHandle(forWritingTo: URL(filePath: sender.scratch.file("tickway.prod.gate")))
    try file.write(contentsOf: Data(repeating: 0xEE, count: 64))
    let outcome = sender.killPatiently()
    guard case .unusable = outcome.gate, case .ended = outcome.sender else {
      Issue.record("\(outcome)")
      return
    }
    #expect(outcome.senderPid == sender.pid && outcome.isConfirmed && outcome.failure == nil)
    sender.process.waitUntilExit()
    #expect(sender.process.terminationReason == .uncaughtSignal)
    #expect(!sender.killSwitch.status().isArmed)
  }

  @Test func ks2ASenderWhosePageIsGoneIsEnded() throws {
    let sender = try StandIn()
    try #require(sender.venue.read(atLeast: 10))
    try Region.remove(directory: sender.scratch.path, name: "tickway.prod.gate")
    let outcome = sender.killPatiently()
    #expect(outcome.gate == .absent && outcome.isKnown && outcome.isConfirmed)
    guard case .ended = outcome.sender else {
      Issue.record("\(outcome.sender)")
      return
    }
    sender.process.waitUntilExit()
    #expect(sender.killSwitch.state.standing(of: "prod").reason == .operatorKill)
  }

  @Test func ks2AGateIsShutAlsoWhereNothingCanBeWritten() throws {
    let sender = try StandIn()
    try #require(sender.venue.read(atLeast: 10))
    let blocked = sender.scratch.file("blocked")
    _ = FileManager.default.createFile(atPath: blocked, contents: Data())
    let other = try KillSwitch(
      "prod", ringDirectory: sender.scratch.path, state: StateDirectory(path: blocked))
    let outcome = other.kill(who: "bert", reason: "test", patience_ns: 30_000_000_000)
    #expect(outcome.sender == .acknowledged && outcome.isConfirmed && outcome.failure != nil)
    // The directory that the sender obeys has it all the same.
    #expect(outcome.directories == [sender.scratch.file("state")])
    #expect(sender.killSwitch.state.standing(of: "prod").reason == .operatorKill)
  }

  @Test func ks2TheDeadMansSenderShutsItsGateAndTheTripIsKept() throws {
    let sender = try StandIn(deadMan: 0.5)
    try #require(sender.venue.read(atLeast: 10))
    #expect(sender.eventually { sender.killSwitch.status().hasAcknowledged })
    let status = sender.killSwitch.status()
    #expect(!status.isArmed && status.reason == .deadMan && status.isUnwritten)
    let record = try sender.killSwitch.keepTrip()
    #expect(record?.code == "dead_man")
    #expect(sender.killSwitch.state.standing(of: "prod").reason == .deadMan)
    let again = try sender.killSwitch.keepTrip()
    #expect(again == nil)
  }

  /// Whoever starts while it is killed ends up shut, whichever came first at each step.
  @Test func ks2AKillAtAnyInstantOfAStartHolds() throws {
    var random = SeededRandom(seed: 9)
    let scratch = try Scratch()
    let state = StateDirectory(path: scratch.file("state"))
    for round in 0..<100 {
      let name = "i\(round)"
      let one = try KillSwitch(name, ringDirectory: scratch.path, state: state)
      _ = try one.arm(who: "a", reason: "r", deadManSeconds: nil)
      let isShut = Witness()
      let starter = Thread {
        if var gate = try? KillGate.claim(name, ringDirectory: scratch.path, state: state) {
          while !isShut.mayEnd {
            if gate.isShut { gate.acknowledge(monotonic_ns: MonotonicClock.now) }
            usleep(50)
          }
          isShut.value = gate.isShut
        } else {
          isShut.value = true
        }
        isShut.isOver = true
      }
      starter.start()
      usleep(UInt32(random.below(1_000)))
      let outcome = one.kill(who: "b", reason: "r", patience_ns: 60_000_000_000)
      #expect(outcome.failure == nil)
      isShut.mayEnd = true
      while !isShut.isOver { usleep(50) }
      #expect(isShut.value && !one.status().isArmed, "round \(round)")
    }
  }

  /// What a thread of the test says; one writer each, read after `isOver` or now and then.
  private final class Witness: @unchecked Sendable {
    private let lock = NSLock()
    private var values = (value: false, mayEnd: false, isOver: false)
    var value: Bool {
      get { lock.withLock { values.value } }
      set { lock.withLock { values.value = newValue } }
    }
    var mayEnd: Bool {
      get { lock.withLock { values.mayEnd } }
      set { lock.withLock { values.mayEnd = newValue } }
    }
    var isOver: Bool {
      get { lock.withLock { values.isOver } }
      set { lock.withLock { values.isOver = newValue } }
    }
  }
}
