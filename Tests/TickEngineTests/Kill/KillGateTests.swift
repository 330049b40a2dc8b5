import Foundation
import Glibc
import Testing
import TickRing

@testable import TickEngine

/// The word, the page and the sender's end, in one process. (KS2, KS3)
@Suite struct KillGateTests {
  let scratch: Scratch
  let state: StateDirectory
  let instance = "prod"

  init() throws {
    scratch = try Scratch()
    state = StateDirectory(path: scratch.file("state"))
  }

  @discardableResult
  private func arm(deadMan: Double? = nil) throws -> GateRecord {
    try state.arm(
      instance, from: state.standing(of: instance), who: "anna", reason: "open",
      deadManSeconds: deadMan, time_ns: 1)
  }

  private func claim() throws -> KillGate {
    try KillGate.claim(instance, ringDirectory: scratch.path, state: state)
  }

  private func attach() throws -> KillPage {
    try KillPage.attach(instance, ringDirectory: scratch.path)
  }

  @Test func ks2OnlyTheGenerationTakenAtStartIsOpen() throws {
    try arm()
    let gate = try claim()
    let page = try attach()
    #expect(!gate.isShut && gate.reason == nil)
    // Every kind of other word.
    for raw: UInt64 in [0, 2, 1 << 62, .max, 1 << 63, 1 << 63 | 1] {
      let found = page.gate
      _ = page.lines.exchange(0, 0, expected: found.raw, raw)
      #expect(gate.isShut && gate.reason != nil, "\(raw)")
    }
    _ = page.lines.exchange(0, 0, expected: page.gate.raw, 1)
    #expect(gate.isShut == false)
  }

  @Test func ks2AKillShutsTheGateAndSaysWhyAndWhen() throws {
    try arm()
    var gate = try claim()
    let time: UInt64 = 1_800_000_000_000_000_128
    try attach().shut(.operatorKill, at: time)
    #expect(gate.isShut && gate.reason == .operatorKill)
    #expect(try attach().gate.time_ns == time)
    // The first reason stays, whoever comes later.
    gate.trip(.rate, at: time + 1_000)
    try attach().shut(.deadMan, at: time + 2_000)
    #expect(gate.reason == .operatorKill)
  }

  @Test func ks2TheSendersOwnTripShutsItForAll() throws {
    try arm()
    var gate = try claim()
    gate.trip(.dailyLoss, at: 128)
    #expect(gate.isShut == true)
    #expect(try attach().gate.reason == .dailyLoss)
  }

  /// What trips within nobody else writes down. A person does, with his name, unless he dies.
  @Test(arguments: TripReason.allCases)
  func ks3ATripFromWithinIsOnDiskAtTheFirstLook(reason: TripReason) throws {
    try arm()
    var gate = try claim()
    gate.trip(reason, at: 1 << 60)
    let instance = TradingInstance(
      self.instance, ringDirectory: scratch.path, stateDirectory: state.path)
    let looks = reason == .operatorKill || reason == .senderSilent ? 2 : 1
    for look in 1...looks {
      instance.keepTrip(ReplayObserver())
      let record = state.standing(of: self.instance).record
      #expect(record?.state == (look < looks ? .armed : .tripped))
      #expect(look < looks || record?.code == reason.name)
    }
  }

  /// KS1: what a person trips is told by the sender's starter, too, once each.
  @Test func ks1EachTripIsToldOnceWhoeverItCameFrom() throws {
    try arm()
    let gate = try claim()
    let instance = TradingInstance(
      self.instance, ringDirectory: scratch.path, stateDirectory: state.path)
    var notes: [String] = []
    let observer = ReplayObserver(note: { notes.append($0) })
    func look() { for _ in 0..<3 { instance.keepTrip(observer) } }
    instance.tellShut(gate.reason, gate.standing, observer)
    look()
    #expect(notes == [])
    try attach().shut(.operatorKill, at: 1 << 60)
    _ = try state.trip(
      self.instance, .operatorKill, who: "bert", reason: "prices run away", time_ns: 1 << 60)
    look()
    instance.keepTrip(observer, isLast: true)
    try #require(notes.count == 1, "\(notes)")
    #expect(notes[0].contains("(operator) by bert: prices run away"))
    // Another trip is another one; a start that finds it says so itself.
    try arm()
    _ = try state.trip(self.instance, .operatorKill, who: "carl", reason: "again", time_ns: 5)
    look()
    #expect(notes.count == 2 && notes.last?.contains("by carl: again") == true, "\(notes)")
    let next = TradingInstance(
      self.instance, ringDirectory: scratch.path, stateDirectory: state.path)
    next.tellShut(.operatorKill, state.standing(of: self.instance), observer)
    for _ in 0..<2 { next.keepTrip(observer) }
    #expect(notes.count == 3 && notes.last?.contains("no order leaves") == true, "\(notes)")
  }

  /// What was in memory is gone; what nobody can read is as if all were off.
  @Test func rm9AStrategyThatIsOffIsOffAfterARebootAndTold() throws {
    try arm()
    var notes: [String] = []
    let observer = ReplayObserver(note: { notes.append($0) })
    func run(_ off: UInt64, found: UInt64) throws {
      var gate = try claim()
      let before = gate.strategiesOff
      #expect(before == found)
      var told = KillPage.Told()
      told.strategiesOff = off
      gate.tell(told)
      let instance = TradingInstance(
        self.instance, ringDirectory: scratch.path, stateDirectory: state.path)
      for _ in 0..<2 { instance.keepTrip(observer) }
    }
    func reboot() throws {
      try Region.remove(
        directory: scratch.path, name: TradingInstance.regionName(instance, "gate"))
    }
    try run(0b101, found: 0)
    #expect(notes.count == 2 && notes[1].contains("strategy 3 "), "\(notes)")
    try reboot()
    try run(0b100, found: 0b101)
    try reboot()
    try run(0, found: 0b100)
    try reboot()
    func offNow() throws -> UInt64 { try claim().strategiesOff }
    #expect(try offNow() == 0)
    for text in ["", "{}", #"{"format":"tickway.off/1","strategies":[0]}"#] {
      try text.write(toFile: "\(state.path)/\(instance).off", atomically: true, encoding: .utf8)
      #expect(try offNow() == .max)
    }
  }

  /// It is tried again at each look and told once; a trip is on disk nevertheless.
  @Test func rm9AStrategyThatCannotBeNotedHidesNoTrip() throws {
    try arm()
    var gate = try claim()
    let file = "\(state.path)/\(instance).off"
    try FileManager.default.createDirectory(
      atPath: "\(file)/in the way", withIntermediateDirectories: true)
    var told = KillPage.Told()
    told.strategiesOff = 2
    gate.tell(told)
    gate.trip(.rate, at: 1 << 60)
    var notes: [String] = []
    let observer = ReplayObserver(note: { notes.append($0) })
    let instance = TradingInstance(
      self.instance, ringDirectory: scratch.path, stateDirectory: state.path)
    for _ in 0..<3 { instance.keepTrip(observer) }
    #expect(state.standing(of: self.instance).record?.state == .tripped)
    #expect(notes.filter { $0.contains("outlive a reboot") }.count == 1, "\(notes)")
    try FileManager.default.removeItem(atPath: file)
    instance.keepTrip(observer)
    #expect(state.strategiesOff(of: self.instance) == 2)
  }

  @Test func ks2AnAcknowledgementSaysWhichWordWasSeen() throws {
    try arm()
    var gate = try claim()
    let page = try attach()
    let word = page.shut(.operatorKill, at: 1 << 60)
    #expect(page.acknowledged.word != word)
    gate.acknowledge(monotonic_ns: 77)
    #expect(page.acknowledged.word == word && page.acknowledged.monotonic_ns == 77)
    gate.acknowledge(monotonic_ns: 99)
    #expect(page.acknowledged.monotonic_ns == 77)
    // A second kill wants an acknowledgement of its own.
    let again = page.shut(.operatorKill, at: 1 << 60)
    #expect(again != word && page.acknowledged.word != again)
  }

  @Test func ks3NeverArmedIsTripped() throws {
    let gate = try claim()
    #expect(gate.isShut && gate.standing?.reason == .neverArmed)
    #expect(try attach().gate.reason == .neverArmed)
  }

  @Test func ks3ATripOutlivesTheSenderAndTheRegion() throws {
    try arm()
    do {
      var gate = try claim()
      gate.trip(.rate, at: 128)
    }
    // Nobody has persisted it yet, but the page is still there.
    let second = try claim()
    #expect(second.isShut == true)
    let record = try state.trip(instance, .rate, who: "sender", reason: "rate", time_ns: 128)
    // The machine has been booted: the page is gone.
    try Region.remove(directory: scratch.path, name: "tickway.prod.gate")
    let gate = try claim()
    #expect(gate.isShut && gate.standing?.record == record && gate.standing?.reason == .rate)
  }

  @Test func ks3AnArmedInstanceStartsAgainAfterAReboot() throws {
    try arm()
    _ = try claim()
    try Region.remove(directory: scratch.path, name: "tickway.prod.gate")
    let again = try claim()
    #expect(again.isShut == false)
  }

  @Test func ks3AnOlderGenerationStaysShutAfterANewArming() throws {
    try arm()
    let gate = try claim()
    let page = try attach()
    let word = page.shut(.operatorKill, at: 1 << 60)
    _ = try state.trip(instance, .operatorKill, who: "b", reason: "x", time_ns: 2)
    let next = try arm()
    let isOpen = page.open(next.generation, from: word)
    #expect(isOpen && next.generation == 3 && gate.isShut)
  }

  /// The kill comes between any two steps of arming or of a start: it holds.
  @Test func ks2AKillDuringAnArmingHolds() throws {
    try arm()
    let gate = try claim()
    let page = try attach()
    let observed = page.shut(.operatorKill, at: 1 << 60)
    page.shut(.operatorKill, at: 1 << 60)
    let isOpen = page.open(2, from: observed)
    #expect(!isOpen && gate.isShut && page.gate.generation == nil)
  }

  @Test func ks2OneSenderOnly() throws {
    try arm()
    let gate = try claim()
    #expect { _ = try claim() } throws: { error in
      if case KillError.taken = error { true } else { false }
    }
    #expect(gate.isShut == false)
  }

  @Test func aSimulationIsArmedWithoutAName() throws {
    var gate = try KillGate.unnamed(directory: scratch.path)
    #expect(gate.isShut == false)
    gate.trip(.rate, at: 1)
    #expect(gate.isShut && gate.reason == .rate)
  }

  @Test func theSendersIdentityAndWordsAreTold() throws {
    try arm()
    var gate = try claim()
    let page = try attach()
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    gate.publishSocket(socket)
    let found = page.sender()
    let sender = try #require(found)
    #expect(sender.pid == getpid() && sender.startTicks > 0 && sender.generation == 1)
    #expect(sender.socket == socket && sender.socketNumber == 1 && sender.socketInode > 0)
    gate.withdrawSocket()
    #expect(page.sender()?.socket == nil)
    gate.publishSocket(-1)
    #expect(page.sender()?.socket == nil)
    var told = KillPage.Told()
    (told.openOrders, told.inDoubt, told.riskState) = (12, 3, 2)
    (told.unsentBytes, told.lastSend_ns, told.told_ns) = (100, 5, 6)
    gate.tell(told)
    #expect(page.told() == told)
    #expect(page.stateDirectory() == state.path)
    #expect(state.run(of: instance)?.pid == getpid())
    _ = consume gate
    #expect(page.sender() == KillPage.SenderIdentity())
  }

  @Test func ks2TheDeadMansGateShuts() throws {
    try arm()
    var gate = try claim()
    let page = try attach()
    gate.checkDeadMan(monotonic_ns: .max, at: 1)
    #expect(gate.isShut == false)
    page.beat(monotonic_ns: 1_000, limit_ns: 500)
    gate.checkDeadMan(monotonic_ns: 1_500, at: 1)
    #expect(gate.isShut == false)
    // A beat from the future is no silence.
    gate.checkDeadMan(monotonic_ns: 10, at: 1)
    #expect(gate.isShut == false)
    gate.checkDeadMan(monotonic_ns: 1_501, at: 1)
    #expect(gate.isShut && gate.reason == .deadMan)
  }

  @Test func ks2ADeadMansLimitOutlivesAReboot() throws {
    try arm(deadMan: 2)
    let gate = try claim()
    #expect(try attach().watch.limit_ns == 2_000_000_000 && !gate.isShut)
  }

  @Test func ks3AResumeNamesEveryCheckThatFails() throws {
    try arm()
    do {
      var gate = try claim()
      var told = KillPage.Told()
      (told.openOrders, told.inDoubt) = (3, 1)
      told.riskState = UInt64(RiskState.circuitBreaker.rawValue)
      gate.tell(told)
    }
    let one = try KillSwitch(instance, ringDirectory: scratch.path, state: state)
    let outcome = one.kill(who: "b", reason: "x")
    #expect(outcome.isConfirmed && outcome.sender == .none && outcome.failure == nil)
    let failed = one.resumeChecks().filter { !$0.isPassed }.map(\.check)
    #expect(failed == [.orders, .risk])
    func resume(_ overruling: Set<ResumeCheck>) -> Result<GateRecord, ArmingError> {
      Result { () throws(ArmingError) in
        try one.resume(
          who: "c", reason: "y", deadManSeconds: nil, overruling: overruling
        ) { _ in }
      }
    }
    for some: Set<ResumeCheck> in [[], [.orders], [.risk], [.sender, .page]] {
      #expect(throws: ArmingError.self) { try resume(some).get() }
    }
    #expect(!one.status().isArmed)
    let record = try resume([.orders, .risk]).get()
    #expect(record.reason.contains("overruled: orders") && record.reason.contains("risk ("))
    #expect(one.status().isArmed)
  }

  /// RS6: a kill that came over a cooldown is no way around it.
  @Test(arguments: [RiskState.circuitBreaker, .coolDown])
  func ks3AKillInACooldownIsNotResumedWithoutAWord(_ state: RiskState) throws {
    try arm()
    do {
      var gate = try claim()
      var told = KillPage.Told()
      told.riskState = UInt64(RiskState.killSwitch.rawValue)
      told.interrupted = UInt64(state.rawValue)
      gate.tell(told)
      #expect(try attach().told() == told)
    }
    let one = try KillSwitch(instance, ringDirectory: scratch.path, state: self.state)
    _ = one.kill(who: "b", reason: "x")
    let failed = one.resumeChecks().filter { !$0.isPassed }
    #expect(failed.map(\.check) == [.risk] && failed[0].text.contains("over \(state.name)"))
  }

  @Test func aDamagedPageCannotBeUsedAndIsNeverOpen() throws {
    try arm()
    _ = try claim()
    do {
      let page = try attach()
      _ = page.lines.exchange(0, 1, expected: page.lines.load(0, 1), 42)
    }
    #expect(throws: KillError.self) { _ = try claim() }
    #expect(throws: KillError.self) { _ = try attach() }
    #expect(throws: KillError.self) {
      _ = try KillPage.observe("prod", ringDirectory: scratch.path)
    }
  }

  @Test func aTruncatedPageIsShut() throws {
    try arm()
    let gate = try claim()
    #expect(gate.isShut == false)
    #expect(truncate(scratch.file("tickway.prod.gate"), 0) == 0)
    #expect(gate.isShut == true)
  }

  @Test func namesOfInstancesAreFileNames() {
    for name in ["a", "prod-1", "A.b_c", String(repeating: "x", count: 64)] {
      #expect(InstanceName.isValid(name))
    }
    for name in ["", ".", "..", ".a", "a/b", "a b", "ä", "a\n", String(repeating: "x", count: 65)] {
      #expect(!InstanceName.isValid(name), "\(name)")
    }
  }

  @Test func noTwoTripsWriteTheSameWord() {
    var word = GateWord(raw: 7)
    for _ in 0..<10 {
      let next = word.tripped(.rate, at: 1 << 60)
      #expect(next != word && next.generation == nil && next.reason == .rate)
      word = next
    }
  }
}
