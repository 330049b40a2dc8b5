import Foundation
import TickEngine
import TickWire
import Testing

/// What a configuration cannot be, whatever the machine.
@Suite struct ConfigurationCheckTests {
  @Test func aWholeConfigurationHasNoFaults() {
    #expect(nodeConfiguration().faults == [])
  }

  /// Each change makes one fault, at the setting that was changed.
  @Test(arguments: changes.indices)
  func eachMistakeIsToldAtItsSetting(index: Int) {
    let change = changes[index]
    var configuration = nodeConfiguration()
    change.make(&configuration)
    let faults = configuration.faults
    #expect(faults.map(\.place) == [change.place], "\(change.says): \(faults)")
    #expect(faults.first?.text.contains(change.says) == true, "\(faults)")
  }

  struct Change: Sendable {
    let place: String
    let says: String
    let make: @Sendable (inout NodeConfiguration) -> Void
  }

  @Test func allMistakesAreToldAtOnce() {
    var configuration = nodeConfiguration()
    for change in changes.prefix(6) { change.make(&configuration) }
    #expect(configuration.faults.count == 6)
  }

  @Test func coresMayBeSharedWhereWaitingIs() {
    var configuration = nodeConfiguration()
    configuration.sets[0].ingester.core = 1
    configuration.sets[0].sender.core = 1
    configuration.waiting = .share
    #expect(configuration.faults == [])
  }

  @Test func aVenueElsewhereNeedsLimitsAndReferenceData() {
    var configuration = nodeConfiguration()
    configuration.venue.place = .named(host: "venue.example", port: 9_000)
    #expect(configuration.faults.map(\.place) == ["venue.address"])
    configuration.risk.limits = .simulation
    #expect(configuration.faults.map(\.place) == ["venue.address"])
    #expect(configuration.faults[0].text.contains("risk.reference"))
    configuration.risk.referencePath = "/reference.csv"
    #expect(configuration.faults == [])
  }

  @Test func aVenueOnThisHostNeedsLimitsAlone() {
    var configuration = nodeConfiguration()
    configuration.venue.place = .named(host: "127.0.0.1", port: 9_000)
    #expect(configuration.faults.map(\.place) == ["venue.address"])
    configuration.risk.limits = .simulation
    #expect(configuration.faults == [])
  }

  @Test func strategiesOfTheirOwnNeedRoomInTheLimits() {
    var configuration = nodeConfiguration()
    var limits = RiskLimits.simulation
    limits.strategiesMax = 1
    configuration.risk.limits = limits
    #expect(configuration.faults.map(\.place) == ["sets[0].workers"])
    configuration.sets[0].workers.removeLast()
    #expect(configuration.faults == [])
  }
}

private let changes: [ConfigurationCheckTests.Change] = [
  .init(place: "instance", says: "letters, digits") { $0.instance = "a/b" },
  .init(place: "feed", says: "line_a is missing") { $0.feed.lineA = nil },
  .init(place: "feed.max_age_s", says: "from a microsecond") { $0.feed.ageMaxSeconds = 1e-12 },
  .init(place: "feed.wait_us", says: "1 to 60000000") { $0.feed.wait_us = 0 },
  .init(place: "venue.user", says: "1 to 6") { $0.venue.user = "much too long" },
  .init(place: "venue.reconnect_s", says: "0 to 86400") { $0.venue.reconnectSeconds = -1 },
  .init(place: "instance", says: "1 to 48") { $0.instance = String(repeating: "a", count: 49) },
  .init(place: "instance", says: "1 to 48") { $0.instance = "" },
  .init(place: "feed.protocol", says: "iex or ticks") { $0.feed.feed = .moldItch },
  .init(place: "feed.line_b", says: "line A again") { $0.feed.lineB = $0.feed.lineA },
  .init(place: "feed.requests", says: "MoldUDP64") { $0.feed.requests = $0.feed.lineA },
  .init(place: "feed.requests", says: "the address of one host") {
    $0.feed.feed = .ticks
    $0.feed.requests = $0.feed.lineA
  },
  .init(place: "feed.wait_packets", says: "8192") { $0.feed.waitPackets = 8_193 },
  .init(place: "feed.datagram_bytes_max", says: "65507") { $0.feed.datagramBytes_max = 65_508 },
  .init(place: "venue.listen", says: "127.0.0.1") { $0.venue.listenAddress = "here" },
  .init(place: "venue.password_env", says: "not its value") {
    $0.venue.password = .environment("pass word")
  },
  .init(place: "risk.limits", says: "warning_percent") {
    var limits = RiskLimits.simulation
    limits.warningPercent = 50
    $0.risk.limits = limits
  },
  .init(place: "risk.positions", says: "strategies_max") {
    $0.risk.positions = .init(path: "/p.csv", opening("AAPL,17,5,1"))
  },
  .init(place: "risk.positions", says: "not among the symbols") {
    $0.feed.symbols = .init(path: "/s", ["AAPL", "MSFT"])
    $0.risk.positions = .init(path: "/p.csv", opening("IBM,1,5,1"))
  },
  .init(place: "risk.positions", says: "each of the 2 senders") {
    $0.sets.append($0.sets[0])
    $0.risk.positions = .init(path: "/p.csv", opening("AAPL,1,5,1"))
  },
  .init(place: "risk.var_every_s", says: "from 0.01 to 86400") {
    $0.risk.valueAtRisk = .init(everySeconds: 0, .returns(path: "/r.csv"))
  },
  .init(place: "risk.var_confidence", says: "below 1") {
    $0.risk.valueAtRisk = .init(everySeconds: 1, .returns(path: "/r.csv"), confidence: 1)
  },
  .init(place: "risk.recorded_interval_s", says: "from 0.001") {
    $0.risk.valueAtRisk = .init(
      everySeconds: 1, .recorded(path: "/r", intervalSeconds: 0))
  },
  .init(place: "risk.account", says: "letters") { $0.risk.account = "a b" },
  .init(place: "sets", says: "0 sets") { $0.sets = [] },
  .init(place: "sets[0].workers", says: "0 workers") { $0.sets[0].workers = [] },
  .init(place: "sets[0].node", says: "0 to 1023") { $0.sets[0].node = -1 },
  .init(place: "sets[0].sender.core", says: "0 to 1023") { $0.sets[0].sender.core = -1 },
  .init(place: "sets[0].venue", says: "built-in") {
    $0.venue.place = .none
    $0.sets[0].venue.core = 3
  },
  .init(place: "sets[0].workers[1].core", says: "core 2 is that of sets[0].ingester") {
    $0.sets[0].ingester.core = 2
    $0.sets[0].workers[1].place.core = 2
  },
  .init(place: "sets[0].workers[0].parameters", says: "unknown parameter colour") {
    $0.sets[0].workers[0].parameters["colour"] = "red"
  },
  .init(place: "sets[0].workers[1].symbols", says: "no symbol") {
    $0.sets[0].workers[1].subscription = .symbols([])
  },
  .init(place: "sets[0].workers[1].symbols[1]", says: "twice") {
    $0.sets[0].workers[1].subscription = .symbols([Symbol("IBM")!, Symbol("IBM")!])
  },
  .init(place: "sets[0].workers[1].symbols[1]", says: "never comes") {
    $0.feed.symbols = .init(path: "/symbols", ["AAPL"])
  },
  .init(place: "rings.tick_slots", says: "power of two") { $0.rings.tickSlots = 1_000 },
  .init(place: "rings.tick_slots", says: "from 16") { $0.rings.tickSlots = 8 },
  .init(place: "scheduling.realtime_priority", says: "0 to 99") {
    $0.scheduling.realtimePriority = 100
  },
  .init(place: "scheduling.realtime_priority", says: "share cores") {
    $0.scheduling.realtimePriority = 1
    $0.waiting = .share
  },
  .init(place: "supervisor.drain_s_max", says: "0.1 to 3600") { $0.supervisor.drainSecondsMax = 0 },
  .init(place: "venue.listen", says: "take port 0") {
    $0.sets.append($0.sets[0])
    $0.venue.listenPort = 9_000
  },
]

/// A positions file of one line.
private func opening(_ row: String) -> OpeningPositions {
  let text = "symbol,strategy,shares,average_price\n\(row)\nend,1\n"
  return try! OpeningPositions(csv: Data(text.utf8))
}
