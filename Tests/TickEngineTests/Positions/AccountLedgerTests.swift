import Foundation
import Testing
import TickRing

@testable import TickEngine

/// The instance's exposure is one number, whatever its senders do, and wherever one dies.
@Suite(.timeLimit(.minutes(2))) struct AccountLedgerTests {
  private func open(
    _ region: borrowing Region, key: UInt64, total: Int64 = 1_000, chunk: Int64 = 100
  ) throws -> AccountLedger {
    try AccountLedger.open(
      try region.duplicate(), key: key, totalE4: total, chunkE4: chunk)
  }

  private func region() throws -> Region {
    try Region.createUnnamed(.ledger, capacity: AccountLedger.capacity)
  }

  @Test func whatIsNotGrantedIsNotCovered() throws {
    var ledger = try open(region(), key: 1)
    let before = (ledger.covers(0), ledger.covers(1))
    let isLeased = ledger.lease(1)
    let after = (ledger.covers(101), ledger.covers(102), ledger.grantedE4)
    #expect(before == (true, false) && isLeased && after == (true, false, 101))
  }

  @Test func theTotalIsGrantedToTheLastUnitAndNoFurther() throws {
    let region = try region()
    var one = try open(region, key: 1)
    var other = try open(region, key: 2)
    let first = one.lease(600)
    let tooMuch = other.lease(301)
    let rest = other.lease(300)
    let more = other.lease(301)
    #expect(first && one.grantedE4 == 700, "with a chunk, as long as there is room")
    #expect(!tooMuch && rest && !more && other.grantedE4 == 300)
    one.giveBack(keeping: 699)
    let last = other.lease(301)
    #expect(last && one.grantedE4 == 699 && other.grantedE4 == 301)
  }

  @Test(arguments: [1_001, Int64.max]) func moreThanTheTotalIsNeverGranted(
    _ exposure: Int64
  ) throws {
    var ledger = try open(region(), key: 1)
    let isLeased = ledger.lease(exposure)
    #expect(!isLeased && ledger.grantedE4 == 0)
  }

  @Test func aLeaseOutlivesItsSenderUntilASuccessorHasIt() throws {
    let region = try region()
    do {
      var ledger = try open(region, key: 1)
      let isLeased = ledger.lease(800)
      #expect(isLeased)
    }
    var other = try open(region, key: 2)
    let before = other.lease(200)
    var successor = try open(region, key: 1)
    #expect(!before && successor.grantedE4 == 900)
    successor.giveBack(keeping: 0)
    let after = other.lease(1_000)
    #expect(after)
  }

  @Test func oneLineHasOneSender() throws {
    let region = try region()
    let ledger = try open(region, key: 1)
    #expect(throws: LedgerError.self) { _ = try open(region, key: 1) }
    #expect(ledger.grantedE4 == 0)
  }

  @Test func everySenderKnowsTheSameTotal() throws {
    let region = try region()
    let ledger = try open(region, key: 1)
    #expect(throws: LedgerError.self) { _ = try open(region, key: 2, total: 1_001) }
    #expect(ledger.totalE4 == 1_000)
  }

  @Test func aLedgerWithoutAFreeLineIsFull() throws {
    let region = try Region.createUnnamed(.ledger, capacity: 2)
    do { _ = try open(region, key: 1) }
    #expect(throws: LedgerError.self) { _ = try open(region, key: 2) }
    #expect(throws: RingError.self) {
      _ = try open(Region.createUnnamed(.gate, capacity: 64), key: 1)
    }
  }

  @Test func aDamagedClaimGrantsNothing() throws {
    for claim in [UInt64.max, 1 << 63, 1_001] {
      let region = try region()
      var ledger = try open(region, key: 1)
      try SharedLines(try region.duplicate(), .ledger).store(2, 4, claim)
      let isLeased = ledger.lease(1)
      #expect(!isLeased)
    }
    let region = try region()
    do { _ = try open(region, key: 1) }
    try SharedLines(try region.duplicate(), .ledger).store(1, 3, 1_001)
    #expect(throws: LedgerError.self) { _ = try open(region, key: 1) }
  }
}

/// The same with processes.
@Suite(.timeLimit(.minutes(2))) struct LedgerProcessTests {
  /// A ledger under a name, and the region beside it where senders add up what they have.
  private struct Account: ~Copyable {
    let scratch: Scratch
    let total: Int64 = 1_000
    let region: Region

    init() throws {
      let scratch = try Scratch()
      _ = try Region.create(.ledger, directory: scratch.path, name: "l.use", capacity: 2)
      let region = try Region.create(
        .ledger, directory: scratch.path, name: "l", capacity: AccountLedger.capacity)
      self.scratch = scratch
      self.region = region
    }

    func start(_ key: UInt64, _ work: String, _ count: Int) throws -> LedgerSender {
      try LedgerSender([scratch.path, "l", "\(key)", "\(total)", work, "\(count)"])
    }

    func granted() throws -> [Int64] {
      let lines = try SharedLines(try region.duplicate(), .ledger)
      return (1..<lines.count).map { Int64(bitPattern: lines.acquire($0, 3)) }
    }
  }

  @Test func fourProcessesNeverHaveMoreThanTheTotal() throws {
    let account = try Account()
    let senders = try (1...4).map { try account.start($0, "walk", 20_000) }
    for sender in senders {
      #expect(sender.line() == "ready 0")
      #expect(sender.line() == "within")
    }
  }

  @Test func aKilledSendersCreditStaysOutUntilItsSuccessor() throws {
    let account = try Account()
    let sender = try account.start(1, "hold", 700)
    #expect(sender.line() == "ready 762")
    #expect(try account.start(1, "hold", 1).line().hasPrefix("refused"), "it lives")
    sender.kill()
    #expect(try account.start(2, "hold", 239).line() == "refused no room")
    let other = try account.start(2, "hold", 238)
    #expect(other.line() == "ready 238")
    let successor = try account.start(1, "hold", 1)
    #expect(successor.line() == "ready 762", "what its predecessor had")
  }

  @Test func killsAtRandomInstantsLeaveNoGrantAboveTheTotal() throws {
    let account = try Account()
    var random = SeededRandom(seed: 11)
    for _ in 0..<12 {
      let senders = try (1...3).map { try account.start($0, "walk", 1_000_000) }
      for sender in senders { #expect(sender.line().hasPrefix("ready")) }
      usleep(UInt32(random.below(3_000)))
      for sender in senders { sender.kill() }
      let granted = try account.granted()
      #expect(granted.allSatisfy { $0 >= 0 } && granted.reduce(0, +) <= account.total)
      // What was added up dies with those who did.
      try SharedLines(
        Region.attach(.ledger, directory: account.scratch.path, name: "l.use"), .ledger
      ).store(0, 1, 0)
      // Successors have what their predecessors had, and give it back.
      for key: UInt64 in 1...3 {
        var successor = try AccountLedger.open(
          try account.region.duplicate(), key: key, totalE4: account.total, chunkE4: 1)
        let inherited = successor.grantedE4
        #expect(granted.contains(inherited))
        successor.giveBack(keeping: 0)
      }
    }
  }
}

/// `ledger-sender` as a process; killed at the end.
final class LedgerSender {
  private let process = Process()
  private let output = Pipe()
  private var unread = ""

  init(_ arguments: [String]) throws {
    let test = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.executableURL = test.deletingLastPathComponent().appending(path: "ledger-sender")
    process.arguments = arguments
    process.standardOutput = output
    try process.run()
  }

  /// The next line that it says; empty once it has ended.
  func line() -> String {
    while !unread.contains("\n") {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      unread += String(decoding: data, as: UTF8.self)
    }
    let line = unread.prefix { $0 != "\n" }
    unread.removeFirst(min(unread.count, line.count + 1))
    return String(line)
  }

  func kill() {
    guard process.isRunning else { return }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit { kill() }
}
