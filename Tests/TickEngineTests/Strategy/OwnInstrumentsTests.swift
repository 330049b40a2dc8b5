import Testing
import TickRing
import TickWire

@testable import TickEngine

@Suite struct OwnInstrumentsTests {
  private static let names = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG"]

  private static func subscription(_ random: inout SeededRandom) -> Subscription {
    switch random.below(3) {
    case 0: return .all
    case 1: return .share
    default: return .symbols(names.filter { _ in random.once(in: 2) }.map { Symbol($0)! })
    }
  }

  /// A worker may trade just what it gets ticks of.
  @Test func aWorkersOwnIsWhatItsRingGets() throws {
    let region = try ReplayRegions(directory: "/dev/shm").make(.directory, capacity: 16)
    var numbers = try DirectoryWriter(claiming: region.attach(), venue: 0)
    for name in Self.names { _ = numbers.number(of: Symbol(name)!.word) }
    let directory = DirectoryReader(try region.attach())
    var random = SeededRandom(seed: 3)
    for _ in 0..<50 {
      let subscriptions = (0...random.below(4)).map { _ in Self.subscription(&random) }
      var table = SubscriptionTable(subscriptions, rings: subscriptions.count)
      for worker in subscriptions.indices {
        let own = OwnInstruments(
          worker: worker, of: subscriptions.count, subscriptions, instrumentsMax: 16)
        for (index, name) in Self.names.enumerated() {
          let instrument = UInt32(index + 1)
          table.add(instrument, symbol: Symbol(name)!.word)
          let isTaken = table[instrument] >> UInt64(worker) & 1 == 1
          let first = own.contains(instrument, directory)
          let remembered = own.contains(instrument, directory)
          #expect(first == isTaken && remembered == isTaken)
        }
      }
    }
  }

  @Test func aSymbolIsKnownOnceItIsNumbered() throws {
    let region = try ReplayRegions(directory: "/dev/shm").make(.directory, capacity: 16)
    var numbers = try DirectoryWriter(claiming: region.attach(), venue: 0)
    let directory = DirectoryReader(try region.attach())
    let own = OwnInstruments(
      worker: 0, of: 1, [.symbols([Symbol("AAA")!])], instrumentsMax: 16)
    let before = own.contains(1, directory)
    let number = numbers.number(of: Symbol("AAA")!.word)
    let after = own.contains(1, directory)
    let beyond = own.contains(16, directory) || own.contains(.max, directory)
    #expect(!before && number == 1 && after && !beyond)
  }

  @Test func workersThatShareNumberFromOneAndOthersEachInItsRange() {
    let shared = OwnInstruments(worker: 1, of: 2, [], instrumentsMax: 16).numbers
    #expect(shared.base == 0 && shared.count == .max)
    var last: UInt32 = 0
    for worker in 0..<ControlPage.workersMax {
      let given = Array(repeating: Subscription.all, count: ControlPage.workersMax)
      let numbers = OwnInstruments(
        worker: worker, of: given.count, given, instrumentsMax: 16
      ).numbers
      #expect(worker == 0 ? numbers.base == 0 : numbers.base == last + 1)
      #expect(numbers.count == (1 << 26) - 1)
      last = numbers.base + numbers.count
    }
  }
}
