import Glibc
import Testing
import TickWire

@testable import TickEngine

@Suite(.serialized, .timeLimit(.minutes(2)))
struct VenueAdversaryTests {
  static func venue(_ change: (inout VenueFaults) -> Void) throws -> RunningVenue {
    var options = RunningVenue.options
    options.keepsTruth = true
    change(&options.faults)
    return try RunningVenue(options)
  }

  @Test func answersAreLateAndInOrder() throws {
    let venue = try Self.venue { $0.latency = VenueLatency("30000:20000")! }
    let client = VenueClient(port: venue.port)
    client.send(client.login())
    #expect(client.next(2).map(\.letter) == ["A", "S"])
    let start = ContinuousClock.now
    client.send((1...200).flatMap { client.order($0, .buy, 1, at: 1) })
    let numbers = client.next(200).map { $0.view { Ouch50.Accepted($0)?.userRefNum } }
    #expect(ContinuousClock.now - start >= .milliseconds(30))
    #expect(numbers == (1...200).map { UInt32($0) })
    _ = venue.finish()
  }

  @Test func aVenueThatEndsKeepsNothingBack() throws {
    let venue = try Self.venue { $0.latency = VenueLatency("9000000")! }
    let client = VenueClient(port: venue.port)
    client.send(client.login() + client.order(1, .buy, 1, at: 1))
    #expect(client.next()?.letter == "A")
    #expect(venue.inquiry.statement(of: "alice")?.orders.count == 1)
    venue.requestStop()
    #expect(client.next(4).map(\.message) == ["S", "A", "S", ""])
    _ = venue.finish()
  }

  @Test func aCutComesBeforeProcessingOrBeforeTheAnswerAndTheTruthSaysWhich() throws {
    let venue = try Self.venue { $0.cut = 1 }
    let client = LedgerClient(venue)
    // With certain cuts no query is ever answered: what reaches the client is what is replayed.
    for number in UInt32(1)...12 {
      let connection = client.connect()
      connection.send(connection.order(number, .buy, 10, at: 100))
      while client.take() {}
    }
    let done = venue.finish().faults
    #expect(done.cutsBeforeProcessing > 0 && done.cuts > done.cutsBeforeProcessing)
    let truth = try #require(venue.inquiry.statement(of: "alice"))
    let accepted = client.history.count { $0[0] == 0x41 }
    #expect(truth.orders.count > 0 && accepted <= truth.orders.count && truth.orders.count < 12)
    #expect(truth.ordersOpen == 0, "cancelled on disconnect")
  }

  @Test func aReplayMayBeginEarlierThanAskedAndSaysSo() throws {
    let venue = try Self.venue { $0.duplicateReplay = 1 }
    let client = LedgerClient(venue)
    for number in UInt32(1)...20 {
      client.send(number) { $0.order(number, .buy, 10, at: 100) }
      client.hangUp()
    }
    let truth = client.catchUp()
    #expect(client.duplicates > 20 && client.ledger.contradictions(truth) == [])
    #expect(venue.finish().faults.duplicateReplays >= 19)
  }

  @Test func aWrongSequenceIsLaterThanAskedOrNoNumber() throws {
    let venue = try Self.venue { $0.wrongSequence = 1 }
    var garbage = 0
    for round in 0..<20 {
      let client = VenueClient(port: venue.port)
      client.send(client.login(sequence: 1))
      let answer = try #require(client.next())
      #expect(answer.letter == "A")
      let accepted = answer.view { SoupBinLoginAccepted(payload: $0) }
      if accepted == nil { garbage += 1 }
      #expect(accepted?.sequence ?? .max > 1, "round \(round)")
      client.send(client.made { SoupBin.encode(.logout, into: $0) })
      #expect(client.isClosed())
    }
    #expect(garbage > 0 && venue.finish().faults.wrongSequences > UInt64(garbage))
  }

  @Test func aClientThatAsksAgainAfterAWrongSequenceHasTheTruth() throws {
    let venue = try Self.venue { $0.wrongSequence = 0.6 }
    let client = LedgerClient(venue)
    for number in UInt32(1)...20 {
      client.send(number) { $0.order(number, .buy, 10, at: 100) }
      client.hangUp()
    }
    let truth = client.catchUp()
    #expect(client.ledger.contradictions(truth) == [])
    #expect(client.loginsRefused > 0)
    _ = venue.finish()
  }

  @Test func messagesOfUnknownTypesAreCountedInTheSequenceAndOthersAreNot() throws {
    let venue = try Self.venue { $0.unknown = 1 }
    let client = LedgerClient(venue)
    for number in UInt32(1)...60 { client.send(number) { $0.order(number, .buy, 1, at: 100) } }
    let truth = client.catchUp()
    #expect(client.ledger.contradictions(truth) == [])
    #expect(client.ledger.unknown > 0 && client.packetsSkipped > 0)
    let done = venue.finish().faults
    #expect(done.unknownMessages == UInt64(client.ledger.unknown))
    #expect(done.unsequenced >= UInt64(client.packetsSkipped))
  }

  @Test func aVenueThatReadsSlowlyFillsTheClientsBufferAndLosesNothing() throws {
    let venue = try Self.venue { $0.slowReads_Bps = 100_000 }
    let client = VenueClient(port: venue.port, sendBuffer: 4_096)
    client.send(client.login())
    #expect(client.next(2).map(\.letter) == ["A", "S"])
    let orders = (1...1_000).flatMap { client.order($0, .buy, 1, at: 1) }
    let taken = client.offer(orders)
    #expect(taken > 0 && taken < orders.count, "the buffer is full")
    var sent = taken
    while sent < orders.count {
      sent += client.offer(Array(orders[sent...]))
      usleep(1_000)
    }
    let numbers = client.next(1_000).map { $0.view { Ouch50.Accepted($0)?.userRefNum } }
    #expect(numbers == (1...1_000).map { UInt32($0) })
    _ = venue.finish()
  }

  @Test func duplicatesAreCountedInTheTruthAndIgnored() throws {
    let venue = try Self.venue { _ in }
    let client = venue.client()
    let order = client.order(1, .buy, 10, at: 100)
    client.send(order + order + order + client.order(2, .buy, 10, at: 100))
    #expect(client.next(2).map(\.message) == ["A", "A"])
    let truth = try #require(venue.inquiry.statement(of: "alice"))
    #expect(truth.duplicates == 2 && truth.orders.map(\.userRefNum) == [1, 2])
    #expect(truth.ordersOpen == 2 && truth.nextSequence == 4)
    _ = venue.finish()
  }

  @Test func aRunIsRepeatedExactlyBySeedAndRequests() throws {
    func history(_ seed: UInt64) throws -> [[UInt8]] {
      let venue = try Self.venue {
        $0 = OrderFaultTests.all(seed: seed)
        $0.unknown = 0.3
        $0.cut = 0.05
      }
      venue.script.move(.quote(9_900, 20_000, 10_000, 20_000))
      let client = LedgerClient(venue)
      for number in UInt32(1)...40 {
        client.send(number) { $0.order(number, .buy, 30, at: 10_000, .immediateOrCancel) }
        _ = client.catchUp()
      }
      client.hangUp()
      _ = venue.finish()
      // All but the time, and the bytes of messages that mean nothing.
      return client.history.map { Array($0.prefix(1)) + Array($0.dropFirst(9)) }
    }
    let once = try history(5)
    #expect(try history(5) == once)
    #expect(try history(6) != once)
  }
}
