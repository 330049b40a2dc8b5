import Foundation
import Testing
import TickWire

@testable import TickEngine

@Suite(.serialized, .timeLimit(.minutes(1)))
struct VenueServerTests {
  @Test func aLoginAnOrderAndItsFillOverTCP() throws {
    let venue = try RunningVenue()
    venue.script.move(.quote(9_900, 200, 10_000, 300))
    let client = VenueClient(port: venue.port)
    client.send(client.login())
    let accepted = try #require(client.next())
    #expect(accepted.letter == "A")
    let login = accepted.view { SoupBinLoginAccepted(payload: $0) }
    #expect(login?.session.text == "TICKWAY001" && login?.sequence == 1)
    #expect(client.next()?.message == "S")
    client.send(client.order(1, .buy, 500, at: 10_500, .immediateOrCancel))
    let answers = client.next(3)
    #expect(answers.map(\.message) == ["A", "E", "C"])
    answers[0].view { bytes in
      let order = Ouch50.Accepted(bytes)
      #expect(order?.userRefNum == 1 && order?.quantity == 500 && order?.symbol == Symbol("TEST"))
      #expect(order?.priceE4 == 10_500 && order?.timeInForce == .immediateOrCancel)
      let time_ns = order?.time_ns ?? 0
      #expect(time_ns > 0 && time_ns < 86_400_000_000_000)
    }
    answers[1].view { bytes in
      let fill = Ouch50.Executed(bytes)
      #expect(fill?.quantity == 300 && fill?.priceE4 == 10_000 && fill?.match == 1)
      #expect(fill?.liquidity == Ouch50.liquidityRemoved)
    }
    answers[2].view { bytes in
      #expect(Ouch50.Canceled(bytes)?.quantity == 200)
      #expect(Ouch50.Canceled(bytes)?.reason == .immediateOrCancel)
    }
    let counts = venue.finish()
    #expect(counts.logins == 1 && counts.matching.executions == 1)
    #expect(counts.matching.sharesExecuted == 300 && counts.messagesReceived == 1)
  }

  @Test func aRestingOrderFillsWhenTheMarketMoves() throws {
    let venue = try RunningVenue()
    let client = venue.client()
    client.send(client.order(1, .sell, 100, at: 10_000))
    #expect(client.next()?.message == "A")
    venue.script.move(.trade(10_001, 40))
    #expect(client.next()?.message == "E")
    client.send(
      client.message {
        Ouch50.ReplaceOrder.encode(
          into: $0, originalUserRefNum: 1, userRefNum: 2, quantity: 100, priceE4: 9_990,
          timeInForce: .day)
      })
    #expect(client.next()?.message == "U")
    client.send(
      client.message {
        Ouch50.ModifyOrder.encode(into: $0, userRefNum: 2, side: .sellShort, quantity: 50)
      })
    #expect(client.next()?.message == "M")
    client.send(client.message { Ouch50.CancelOrder.encode(into: $0, userRefNum: 2) })
    #expect(client.next()?.message == "C")
    client.send(client.order(3, .sell, 100, at: 10_000, symbol: "NONE"))
    let rejected = try #require(client.next())
    rejected.view { #expect(Ouch50.Rejected($0)?.reason == .invalidSymbol) }
    client.send(
      client.message {
        $0.put(u8: 0x51, at: 0); return 1
      })
    let query = try #require(client.next())
    query.view { #expect(Ouch50.AccountQueryResponse($0)?.nextUserRefNum == 4) }
    _ = venue.finish()
  }

  @Test(arguments: [
    ("alice", "wrong", "", UInt64(1), "A"), ("mallory", "secret", "", 1, "A"),
    ("", "", "", 1, "A"), ("alice", "secret", "OTHER", 1, "S"), ("alice", "secret", "", 9, "S"),
  ])
  func aWrongLoginIsRefused(
    _ user: String, _ password: String, _ session: String, _ sequence: UInt64, _ reason: String
  ) throws {
    let venue = try RunningVenue()
    let client = VenueClient(port: venue.port)
    // An order in the same segment must not be acted on, nor lose the answer.
    client.send(
      client.login(user, password, session: session, sequence: sequence)
        + client.order(1, .buy, 1, at: 1))
    #expect(client.next() == .init(type: 0x4A, payload: Array(reason.utf8)))
    #expect(client.isClosed())
    let counts = venue.finish()
    #expect(counts.loginsRejected == 1 && counts.logins == 0 && counts.messagesReceived == 0)
  }

  @Test func aSecondLoginIsRefusedAndTheFirstLivesOn() throws {
    let venue = try RunningVenue()
    let first = venue.client()
    let second = VenueClient(port: venue.port)
    second.send(second.login())
    #expect(second.next() == .init(type: 0x4A, payload: Array("S".utf8)))
    first.send(first.order(1, .buy, 1, at: 1))
    #expect(first.next()?.message == "A")
    let other = venue.client("bob", "hidden")
    other.send(other.order(1, .buy, 1, at: 1))
    #expect(other.next()?.message == "A")
    let counts = venue.finish()
    #expect(counts.logins == 2 && counts.loginsRejected == 1)
  }

  @Test func aReconnectGetsTheReplayFromTheSequenceItAsksFor() throws {
    let venue = try RunningVenue()
    venue.script.move(.quote(9_900, 200, 10_000, 1_000_000))
    var seen: [VenueClient.Packet] = []
    do {
      let client = venue.client()
      for number in UInt32(1)...100 { client.send(client.order(number, .buy, 3, at: 10_000)) }
      seen = client.next(200)
      client.send(client.made { SoupBin.encode(.logout, into: $0) })
      #expect(client.isClosed())
    }
    // Sequence 1 was the start of day; seen[0] had 2.
    for sequence in [2, 3, 101, 201] {
      let again = VenueClient(port: venue.port)
      again.send(again.login(session: "TICKWAY001", sequence: UInt64(sequence)))
      let accepted = try #require(again.next())
      #expect(
        accepted.view { SoupBinLoginAccepted(payload: $0) }?.sequence == UInt64(sequence))
      #expect(again.next(202 - sequence) == Array(seen[(sequence - 2)...]))
      again.send(again.made { SoupBin.encode(.logout, into: $0) })
      #expect(again.isClosed())
    }
    let newest = VenueClient(port: venue.port)
    newest.send(newest.login(sequence: 0))
    let accepted = try #require(newest.next())
    #expect(accepted.view { SoupBinLoginAccepted(payload: $0) }?.sequence == 202)
    newest.send(newest.order(101, .buy, 3, at: 10_000))
    #expect(newest.next(2).map(\.message) == ["A", "E"])
    let counts = venue.finish()
    #expect(counts.replays == 4 && counts.messagesReplayed == 200 + 199 + 101 + 1)
    #expect(counts.logouts == 5)
  }

  @Test(arguments: [true, false])
  func om4WhatRestsIsCancelledOnDisconnectIfSoConfigured(_ cancels: Bool) throws {
    var options = RunningVenue.options
    options.cancelsOnDisconnect = cancels
    let venue = try RunningVenue(options)
    do {
      let client = venue.client()
      client.send(client.order(1, .buy, 100, at: 9_000))
      #expect(client.next()?.message == "A")
      client.send(client.made { SoupBin.encode(.logout, into: $0) })
      #expect(client.isClosed())
    }
    venue.script.move(.trade(8_000, 100))
    let again = VenueClient(port: venue.port)
    again.send(again.login(sequence: 3))
    #expect(again.next(2).last?.message == (cancels ? "C" : "E"))
    let counts = venue.finish()
    #expect(counts.matching.cancels == (cancels ? 1 : 0))
  }

  @Test func bytesOneAtATimeAreUnderstood() throws {
    let venue = try RunningVenue()
    let client = VenueClient(port: venue.port)
    client.trickle(client.login())
    #expect(client.next(2).map(\.letter) == ["A", "S"])
    client.trickle(client.order(1, .buy, 1, at: 1) + client.order(2, .buy, 1, at: 1))
    #expect(client.next(2).map(\.message) == ["A", "A"])
    _ = venue.finish()
  }

  @Test func aBurstInOneSegmentIsAnsweredInOrder() throws {
    let venue = try RunningVenue()
    let client = venue.client()
    client.send((1...500).flatMap { client.order($0, .buy, 1, at: 1) })
    let numbers = client.next(500).map { $0.view { Ouch50.Accepted($0)?.userRefNum } }
    #expect(numbers == (1...500).map { UInt32($0) })
    _ = venue.finish()
  }

  @Test func manyClientsAtOnceAreKeptApart() throws {
    var options = RunningVenue.options
    options.logins = []
    let venue = try RunningVenue(options)
    let clients = (0..<10).map { venue.client("user\($0)", "any") }
    for number in UInt32(1)...20 {
      for client in clients { client.send(client.order(number, .buy, 1, at: 1)) }
    }
    for client in clients {
      let numbers = client.next(20).map { $0.view { Ouch50.Accepted($0)?.userRefNum } }
      #expect(numbers == (1...20).map { UInt32($0) })
    }
    #expect(venue.finish().matching.ordersAccepted == 200)
  }

  @Test func stoppingEndsEverySessionAndFreesThePort() throws {
    let venue = try RunningVenue()
    let client = venue.client()
    client.send(client.order(1, .buy, 1, at: 1))
    #expect(client.next()?.message == "A")
    venue.requestStop()
    #expect(client.next()?.message == "S")
    #expect(client.next()?.letter == "Z")
    #expect(client.isClosed())
    _ = venue.finish()
    var options = RunningVenue.options
    options.port = venue.port
    let again = try RunningVenue(options)
    #expect(again.port == venue.port)
    _ = again.finish()
  }

  @Test func aBusyPortAndABadAddressAreSaid() throws {
    let venue = try RunningVenue()
    var options = RunningVenue.options
    options.port = venue.port
    let busy = VenueError.portBusy(address: "127.0.0.1", port: venue.port)
    #expect(throws: busy) { try RunningVenue(options) }
    #expect(busy.description.contains("port \(venue.port) on 127.0.0.1 is in use"))
    for address in ["localhost", "", "1.2.3", "203.0.113.9"] {
      options.address = address
      #expect(throws: VenueError.badAddress(address)) { try RunningVenue(options) }
    }
    _ = venue.finish()
  }
}
