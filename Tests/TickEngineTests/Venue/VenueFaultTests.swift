import Foundation
import TestSupport
import Testing
import TickWire

@testable import TickEngine

@Suite(.serialized, .timeLimit(.minutes(1)))
struct VenueFaultTests {
  @Test(
    arguments: [
      [0, 0], [0xFF, 0xFF, 0x53, 0], [0, 1, 0x4C], [0, 1, 0x41], [0, 1, 0x4F], [0, 1, 0x3F],
      [0, 3, 0x55, 0, 0],
    ] as [[UInt8]])
  func anythingButALoginFirstEndsTheConnection(_ garbage: [UInt8]) throws {
    let venue = try RunningVenue()
    let client = VenueClient(port: venue.port)
    client.send(garbage)
    #expect(client.isClosed())
    #expect(venue.finish().closedMalformed == 1)
  }

  @Test(arguments: [[0, 0], [0xFF, 0xFF], [0, 1, 0x41], [0, 2, 0x53, 0]] as [[UInt8]])
  func garbageInASessionEndsItAndIsCounted(_ garbage: [UInt8]) throws {
    let venue = try RunningVenue()
    let client = venue.client()
    client.send(garbage)
    #expect(client.isClosed())
    let again = VenueClient(port: venue.port)
    again.send(again.login())
    #expect(again.next(2).map(\.letter) == ["A", "S"], "the account is free again")
    let counts = venue.finish()
    #expect(counts.closedMalformed == 1 && counts.logins == 2)
  }

  @Test func aSecondLoginOnOneConnectionEndsIt() throws {
    let venue = try RunningVenue()
    let client = venue.client()
    client.send(client.login())
    #expect(client.isClosed())
    #expect(venue.finish().closedMalformed == 1)
  }

  @Test func unknownAndMalformedMessagesAreCountedAndTheSessionGoesOn() throws {
    let venue = try RunningVenue()
    let client = venue.client()
    client.send(
      client.message {
        $0.put(u8: 0x7A, at: 0); return 1
      })
    client.send([0, 1, 0x55])
    client.send([0, 4, 0x55, 0x4F, 0, 0])
    client.send([0, 2, 0x3F, 9])
    client.send([0, 5, 0x2B] + Array("note".utf8))
    client.send(client.order(1, .buy, 1, at: 1))
    #expect(client.next()?.message == "A")
    let counts = venue.finish()
    #expect(counts.unknown == 2 && counts.malformed == 2)
    #expect(counts.messagesReceived == 4)
  }

  @Test func randomBytesNeitherStopItNorReachTheBook() throws {
    let venue = try RunningVenue()
    var random = SplitMix(seed: 99)
    for _ in 0..<60 {
      let client = VenueClient(port: venue.port)
      client.send(client.login())
      #expect(client.next()?.letter == "A")
      let limit: UInt8 = Bool.random(using: &random) ? 255 : 90
      var noise: [UInt8] = []
      for _ in 0..<20 {
        let body = (0..<Int.random(in: 0...60, using: &random)).map { _ in
          UInt8.random(in: 0...limit, using: &random)
        }
        noise += [0, UInt8(body.count + 1), 0x55] + body
      }
      client.send(noise + [0, 0])
      #expect(client.isClosed())
    }
    let client = VenueClient(port: venue.port)
    client.send(client.login())
    #expect(client.next()?.letter == "A")
    let counts = venue.finish()
    #expect(counts.logins == 61 && counts.messagesReceived == 1_200)
    #expect(counts.malformed + counts.unknown > 1_000)
  }

  @Test func heartbeatsComeWhileTheVenueIsSilentAndNotBefore() throws {
    var options = RunningVenue.options
    options.heartbeat_ms = 40
    let venue = try RunningVenue(options)
    let client = venue.client()
    let start = ContinuousClock.now
    for _ in 0..<5 { #expect(client.nextPacket()?.letter == "H") }
    let waited = ContinuousClock.now - start
    #expect(waited >= .milliseconds(180))
    _ = venue.finish()
  }

  @Test func aSilentClientIsDeadAndOneThatSpeaksIsNot() throws {
    var options = RunningVenue.options
    options.deadPeer_ms = 300
    options.heartbeat_ms = 50
    let venue = try RunningVenue(options)
    let silent = venue.client()
    let mute = VenueClient(port: venue.port)
    let speaking = venue.client("bob", "hidden")
    for _ in 0..<12 {
      speaking.send(speaking.made { SoupBin.encode(.clientHeartbeat, into: $0) })
      usleep(50_000)
    }
    #expect(silent.isClosed() && mute.isClosed())
    speaking.send(speaking.order(1, .buy, 1, at: 1))
    #expect(speaking.next()?.message == "A")
    #expect(venue.finish().closedSilent == 2)
  }

  @Test func aClientThatDoesNotReadIsDisconnectedAndLosesNothing() throws {
    var options = RunningVenue.options
    options.backlogBytesMax = 64 << 10
    options.limits.restingOrders = 100_000
    let venue = try RunningVenue(options)
    let client = VenueClient(port: venue.port, receiveBuffer: 4_096)
    client.send(client.login())
    #expect(client.next(2).map(\.letter) == ["A", "S"])
    // The kernel's own send buffer takes some megabytes before the backlog begins.
    var number: UInt32 = 0
    for _ in 0..<90 {
      let burst = (1...1_000).flatMap { client.order(number + UInt32($0), .buy, 1, at: 1) }
      client.send(burst)
      number += 1_000
    }
    while client.nextPacket() != nil {}
    let again = VenueClient(port: venue.port)
    again.send(again.login(sequence: 2))
    #expect(again.next()?.letter == "A")
    var replayed = 0
    while replayed < 90_000, let packet = again.next(), packet.message == "A" { replayed += 1 }
    let counts = venue.finish()
    #expect(counts.closedSlow == 1)
    #expect(replayed == Int(counts.matching.ordersAccepted))
    #expect(counts.messagesForgotten == 0)
  }

  @Test func aConnectionTooManyIsRefusedAndCounted() throws {
    var options = RunningVenue.options
    options.connections = 2
    let venue = try RunningVenue(options)
    let first = venue.client()
    let second = venue.client("bob", "hidden")
    let third = VenueClient(port: venue.port)
    #expect(third.isClosed())
    first.send(first.order(1, .buy, 1, at: 1))
    second.send(second.order(1, .buy, 1, at: 1))
    #expect(first.next()?.message == "A" && second.next()?.message == "A")
    #expect(venue.finish().connectionsRefused == 1)
  }

  @Test func aClientThatVanishesFreesItsAccount() throws {
    let venue = try RunningVenue()
    do {
      let client = venue.client()
      client.send(client.order(1, .buy, 1, at: 1))
      #expect(client.next()?.message == "A")
    }
    var answers: [String] = []
    // It may take the server a moment to see the end of the first connection.
    for _ in 0..<100 where answers.isEmpty {
      let client = VenueClient(port: venue.port)
      client.send(client.login(sequence: 2))
      guard client.next()?.letter == "A" else {
        usleep(5_000)
        continue
      }
      answers = client.next(2).map(\.message)
    }
    #expect(answers == ["A", "C"])
    #expect(venue.finish().closedByPeer >= 1)
  }
}
