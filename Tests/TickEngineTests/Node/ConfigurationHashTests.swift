import Foundation
import TickEngine
import TickWire
import Testing

@testable import TickEngine

/// One hash for one meaning.
@Suite struct ConfigurationHashTests {
  @Test func theHashIsFnv1a() {
    // The test vectors of the algorithm's authors.
    #expect(ConfigurationHash.fnv1a("".utf8) == 0xCBF2_9CE4_8422_2325)
    #expect(ConfigurationHash.fnv1a("a".utf8) == 0xAF63_DC4C_8601_EC8C)
    #expect(ConfigurationHash.fnv1a("foobar".utf8) == 0x8594_4171_F739_67E8)
  }

  @Test func theSameMeaningHasTheSameHash() {
    #expect(ConfigurationHash(nodeConfiguration()) == ConfigurationHash(nodeConfiguration()))
    #expect(ConfigurationHash(nodeConfiguration()).text.count == 16)
  }

  @Test func everySettingCounts() {
    var seen: [UInt64: Int] = [ConfigurationHash(nodeConfiguration()).value: -1]
    for (index, change) in changes.enumerated() {
      var configuration = nodeConfiguration()
      change(&configuration)
      let other = seen.updateValue(index, forKey: ConfigurationHash(configuration).value)
      #expect(other == nil, "changes \(index) and \(other ?? -1)")
    }
  }

  /// A value cannot pretend to be another setting.
  @Test func aLineOfTheTextIsOneSetting() {
    var configuration = nodeConfiguration()
    let lines = ConfigurationHash(configuration).canonicalText.split(separator: "\n").count
    configuration.feed.interface = "lo\nfeed.requests=127.0.0.1:1"
    let text = ConfigurationHash(configuration).canonicalText
    #expect(text.split(separator: "\n").count == lines)
    configuration.feed.interface = "lo\\u{a}feed.requests=127.0.0.1:1"
    #expect(ConfigurationHash(configuration).canonicalText != text)
  }
}

private let changes: [@Sendable (inout NodeConfiguration) -> Void] = [
  { $0.instance = "other" }, { $0.directories.rings = "/tmp" },
  { $0.directories.state = "/state" }, { $0.directories.reports = "/reports" },
  { $0.feed.feed = .ticks }, { $0.feed.lineA = LineAddress("239.1.1.1:1") },
  { $0.feed.lineB = nil }, { $0.feed.interface = "lo" },
  { $0.feed.requests = LineAddress("127.0.0.1:1") }, { $0.feed.ageMaxSeconds = nil },
  { $0.feed.ageMaxSeconds = 2 }, { $0.feed.hours = SessionHours("09:00-10:00") },
  { $0.feed.symbols = .init(path: "/s", ["A"]) }, { $0.feed.symbols = .init(path: "/s", ["B"]) },
  { $0.feed.stampsByKernel = true }, { $0.feed.wait_us = 1 }, { $0.feed.waitPackets = 1 },
  { $0.feed.recovery_ms = 1 }, { $0.feed.receiveBufferBytes = 4_096 },
  { $0.feed.datagramBytes_max = 1_024 }, { $0.feed.restarts = .refuse },
  { $0.venue.place = .none }, { $0.venue.place = .named(host: "h", port: 1) },
  { $0.venue.listenPort = 1 }, { $0.venue.user = "ME" },
  { $0.venue.password = .environment("A") }, { $0.venue.password = .file("A") },
  { $0.venue.dialect = .ouch42 }, { $0.venue.reconnectSeconds = 1 }, { $0.venue.slow = .wait },
  { $0.risk.limits = .simulation }, { $0.risk.limitsPath = "/l" },
  { $0.risk.referencePath = "/r" }, { $0.risk.account = "a" },
  { $0.sets.append($0.sets[0]) }, { $0.sets[0].node = 0 }, { $0.sets[0].ingester.core = 0 },
  { $0.sets[0].ingester.node = 0 }, { $0.sets[0].sender.core = 0 },
  { $0.sets[0].venue.core = 0 }, { $0.sets[0].workers.removeLast() },
  { $0.sets[0].workers[0].strategy = .none }, { $0.sets[0].workers[0].parameters = [:] },
  { $0.sets[0].workers[0].subscription = .all }, { $0.sets[0].workers[0].policy = .wait },
  { $0.sets[0].workers[0].place.core = 0 }, { $0.sets[0].workers[1].place.core = 0 },
  { $0.rings.tickSlots = 16 }, { $0.rings.hugePages = true }, { $0.memory.binding = .off },
  { $0.memory.isLocked = true }, { $0.waiting = .spin },
  { $0.scheduling.realtimePriority = 1 }, { $0.supervisor.restartsPerMinute = 1 },
  { $0.supervisor.backoffSecondsMax = 1 }, { $0.supervisor.restartsMax = 1 },
  {
    let text = "symbol,strategy,shares,average_price\nAAPL,1,5,1\nend,1\n"
    $0.risk.positions = .init(path: "/p.csv", try! OpeningPositions(csv: Data(text.utf8)))
  },
  { $0.risk.valueAtRisk = .init(everySeconds: 1, .returns(path: "/r.csv")) },
  { $0.supervisor.onDeath = .continue }, { $0.supervisor.drainSecondsMax = 1 },
]
