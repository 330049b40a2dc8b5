import Glibc
import Testing
import TickWire

@testable import TickEngine

@Suite(.timeLimit(.minutes(1))) struct RequestServerTests {
  static let session = RetainedMessagesTests.session
  static let anyPort = UdpEndpoint(address: 0x7F00_0001, port: 0)

  static func store(_ messages: Int, kept: Int = 64) -> RetainedMessages {
    var store = RetainedMessages(session: session, messagesMax: kept, bytesMax: 16_000)
    RetainedMessagesTests.fill(&store, count: messages, length: 100)
    return store
  }

  /// Takes one request, which is on its way.
  static func serve(_ server: inout RequestServer, _ store: borrowing RetainedMessages) {
    let isThere = server.wait(timeout_ms: 10_000)
    let taken = server.poll(store)
    #expect(isThere && taken == 1)
  }

  @Test func aRequestIsAnsweredWithOneOrdinaryDatagram() throws {
    var server = try RequestServer(Self.anyPort)
    let store = Self.store(40)
    let asker = UdpAsker(asking: server.address)
    asker.ask(Self.session, 5, 3)
    Self.serve(&server, store)
    let answer = try #require(asker.answer(timeout_ms: 10_000))
    answer.withUnsafeBytes { raw in
      let header = MoldUdp64Header(Bytes(raw))
      #expect(header?.session == Self.session && header?.firstSequence == 5)
      #expect(header?.messageCount == 3 && raw.count == 20 + 3 * 102)
      var messages = header!.messages(of: Bytes(raw))
      #expect(messages.next()?[0] == 5 && messages.next()?[0] == 6)
    }
    // All that is wanted, as far as one datagram goes.
    asker.ask(Self.session, 1, 40)
    Self.serve(&server, store)
    #expect(asker.answer(timeout_ms: 10_000)?.count == 20 + 13 * 102)
    #expect(server.counts.answered == 2 && server.counts.messages == 16)
    #expect(asker.answer() == nil)
  }

  @Test func whatCannotBeAnsweredIsSilenceAndCounted() throws {
    var server = try RequestServer(Self.anyPort)
    let store = Self.store(100)
    #expect(store.firstSequence == 37)
    let asker = UdpAsker(asking: server.address)
    asker.ask(MoldUdp64Session("OTHER")!, 50, 1)
    for first in [0, 36, 101, 1 << 60] as [UInt64] { asker.ask(Self.session, first, 1) }
    asker.ask(Self.session, 50, 0)
    let request = Array("DAY0000001".utf8) + [0, 0, 0, 0, 0, 0, 0, 50, 0, 1]
    for bytes in [[], [1], Array(request.dropLast()), request + [0]] { asker.send(bytes) }
    asker.send([UInt8](repeating: 0xFF, count: 1_400))
    asker.send(Array(request[..<10]) + [UInt8](repeating: 255, count: 10))
    for _ in 0..<12 { Self.serve(&server, store) }
    var expected = RequestCounts()
    expected.received = 12
    expected.otherSession = 1
    expected.forgotten = 2
    expected.future = 2
    expected.malformed = 7
    #expect(server.counts == expected)
    let taken = server.poll(store)
    #expect(taken == 0)
    #expect(asker.answer() == nil)
    // The server is as well as before.
    asker.ask(Self.session, 37, 1)
    Self.serve(&server, store)
    #expect(asker.answer(timeout_ms: 10_000)?.count == 122)
  }

  @Test func aFloodIsServedInBoundedTurns() throws {
    var server = try RequestServer(Self.anyPort)
    let store = Self.store(10)
    let asker = UdpAsker(asking: server.address)
    for _ in 0..<10 { asker.ask(Self.session, 1, 1) }
    let isThere = server.wait(timeout_ms: 10_000)
    let first = server.poll(store, atMost: 4)
    let none = server.poll(store, atMost: 0)
    let rest = server.poll(store, atMost: 100)
    #expect(isThere && first == 4 && none == 0 && rest == 6)
    #expect(server.counts.answered == 10)
  }

  @Test func anAskerWhoIsGoneDisturbsNobody() throws {
    var server = try RequestServer(Self.anyPort)
    let store = Self.store(10)
    do { UdpAsker(asking: server.address).ask(Self.session, 1, 1) }
    Self.serve(&server, store)
    let asker = UdpAsker(asking: server.address)
    asker.ask(Self.session, 2, 1)
    Self.serve(&server, store)
    #expect(asker.answer(timeout_ms: 10_000) != nil)
  }

  private func refusal(_ address: UdpEndpoint) -> RequestServerError? {
    do throws(RequestServerError) {
      _ = try RequestServer(address)
      return nil
    } catch {
      return error
    }
  }

  @Test func aPlaceToServeAtIsCheckedAtTheStart() throws {
    let server = try RequestServer(Self.anyPort)
    #expect(server.address.port != 0)
    #expect(refusal(server.address) == .portBusy(server.address.text))
    let multicast = UdpEndpoint(address: 0xE000_0101, port: 0)
    #expect(refusal(multicast) == .badAddress("224.0.1.1:0"))
    let foreign = UdpEndpoint(address: 0xC000_0201, port: 0)
    #expect(refusal(foreign) == .badAddress("192.0.2.1:0"))
  }
}
