import TestSupport
import Testing
import TickWire

@testable import TickEngine

@Suite(.serialized, .timeLimit(.minutes(4)))
struct VenueCutTests {
  /// A short session of every kind of answer.
  private static func session(_ venue: RunningVenue, _ client: LedgerClient) {
    venue.script.move(.quote(9_900, 40, 10_000, 30))
    client.send(1) { $0.order(1, .buy, 50, at: 10_000) }
    client.send(2) { $0.order(2, .sell, 25, at: 9_900, .immediateOrCancel) }
    client.send(3) { $0.order(3, .buy, 20, at: 9_000) }
    client.send { client in
      client.message { Ouch50.CancelOrder.encode(into: $0, userRefNum: 3, quantity: 5) }
    }
    client.send(4) { $0.order(4, .buy, 10, at: 9_000, symbol: "NONE") }
  }

  @Test func afterACutAtAnyByteTheClientHasTheVenuesTruth() throws {
    let length = try Self.run(cutAt: nil)
    #expect(length > 300)
    for bytes in 0..<length {
      #expect(try Self.run(cutAt: bytes) == bytes, "exactly so many bytes came")
    }
  }

  /// Returns the bytes of the first connection.
  private static func run(cutAt bytes: Int?) throws -> Int {
    let venue = try VenueAdversaryTests.venue { faults in
      faults.cutAt = bytes.map { VenueCutAt(bytes: $0) }
    }
    let client = LedgerClient(venue)
    session(venue, client)
    let truth = client.catchUp()
    #expect(client.ledger.contradictions(truth) == [], "cut at \(bytes ?? -1)")
    // Nothing twice and nothing forgotten: each number once, whatever was sent again.
    #expect(truth.orders.map(\.userRefNum) == [1, 2, 3, 4])
    client.hangUp()
    let counts = venue.finish()
    #expect(counts.faults.cuts == (bytes == nil ? 0 : 1))
    return client.firstConnectionBytes ?? 0
  }

  @Test(arguments: UInt64(1)...20)
  func underAllFaultsTheClientHasTheVenuesTruth(_ seed: UInt64) throws {
    let venue = try VenueAdversaryTests.venue {
      $0 = OrderFaultTests.all(seed: seed)
      $0.cut = 0.05
      $0.duplicateReplay = 0.3
      $0.wrongSequence = 0.2
      $0.unknown = 0.2
      $0.latency = VenueLatency("20:100")!
      $0.slowReads_Bps = 2_000_000
    }
    let client = LedgerClient(venue)
    var random = SplitMix(seed: seed)
    for number in UInt32(1)...60 {
      let priceE4 = UInt64.random(in: 9_990...10_010, using: &random)
      let old = UInt32.random(in: 1...number, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: venue.script.move(.quote(9_995, 500, 10_005, 500))
      case 1: venue.script.move(.trade(Int64(priceE4), 300))
      case 2:
        client.send { client in
          client.message { Ouch50.CancelOrder.encode(into: $0, userRefNum: old) }
        }
      default: break
      }
      let side: Ouch50.Side = Bool.random(using: &random) ? .buy : .sell
      client.send(number) { $0.order(number, side, 100, at: priceE4) }
    }
    let truth = client.catchUp()
    #expect(client.ledger.contradictions(truth) == [])
    #expect(truth.orders.map(\.userRefNum) == Array(1...60), "none twice, none forgotten")
    #expect(client.logins > 1)
    client.hangUp()
    _ = venue.finish()
  }

  @Test func withoutCancelOnDisconnectOrdersRestThroughACut() throws {
    var options = RunningVenue.options
    options.cancelsOnDisconnect = false
    options.faults.cutAt = VenueCutAt("100")
    let venue = try RunningVenue(options)
    let client = LedgerClient(venue)
    client.send(1) { $0.order(1, .buy, 50, at: 9_000) }
    venue.script.move(.trade(8_999, 20))
    let truth = client.catchUp()
    #expect(client.ledger.contradictions(truth) == [] && client.logins == 2)
    #expect(truth.orders.map(\.open) == [30] && truth.shares(of: "TEST") == 20)
    _ = venue.finish()
  }

  @Test func onlySoManyConnectionsAreCutAtAPlace() throws {
    let venue = try VenueAdversaryTests.venue { $0.cutAt = VenueCutAt("10:3") }
    for _ in 0..<3 {
      let client = VenueClient(port: venue.port)
      client.send(client.login())
      #expect(client.nextPacket() == nil && client.bytesReceived == 10)
    }
    _ = venue.client()
    #expect(venue.finish().faults.cuts == 3)
  }

  @Test(arguments: ["", "x", "-1", "1:", "1:0", "1:2:3", ":1"])
  func aPlaceThatIsNoneIsRefused(_ text: String) {
    #expect(VenueCutAt(text) == nil)
  }

  @Test(arguments: ["", "x", "-1", "10000001", "1:", "1:-1", "1:2:3", ":1"])
  func aLatencyThatIsNoneIsRefused(_ text: String) {
    #expect(VenueLatency(text) == nil)
  }
}
