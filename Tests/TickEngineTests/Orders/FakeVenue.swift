import Foundation
import TickWire

@testable import TickEngine

/// A venue that accepts one login, or those that are waited for, and then misbehaves.
final class FakeVenue: @unchecked Sendable {
  enum Manner {
    /// Reads nothing more.
    case deaf
    /// Says something all the time, and nothing that matters.
    case talkative
    /// Speaks OUCH 4.2: fills the first order, and then says what the fill was instead.
    case correcting
    /// The same, but what the fill was instead is one at more than the order's limit.
    case overcharging
    /// Fills the first order in a message that has one byte more than OUCH 4.2 says.
    case lengthening
    /// Takes in the first order, and then one that nobody asked for, by another number.
    case inventing
    /// Lives, and never says that it has told all. As often as it is called.
    case stalling
  }

  var port: UInt16 { listener.port }
  private let listener: VenueListener
  private var peer: TcpSocket?
  private let memory = VenueMemory(count: 1 << 16)

  init(_ manner: Manner) throws {
    listener = try VenueListener(address: "127.0.0.1", port: 0)
    Thread.detachNewThread { [self] in
      if manner == .stalling { return stallAll() }
      peer = accept()
      guard receive(atLeast: SoupBin.loginRequestLength) else { return }
      let answer = SoupBinLoginAccepted(session: FixedText("FAKE")!, sequence: 1)
      let length = answer.encode(into: memory.bytes)
      _ = peer?.send(memory.bytes.bytes.slice(at: 0, count: length))
      // There is nothing that it has told before.
      let beat = SoupBin.encode(.serverHeartbeat, into: memory.bytes)
      _ = peer?.send(memory.bytes.bytes.slice(at: 0, count: beat))
      if manner == .talkative { talk() }
      if manner == .correcting { fillAndCorrect(to: 998_000) }
      if manner == .overcharging { fillAndCorrect(to: 1_000_001) }
      if manner == .lengthening, takeFirst() { say { self.fill($0, 100, 999_000) + 1 } }
      let second = OrderOrigin(orderId: 1 << 32 | 2, strategy: 1)
      if manner == .inventing, takeFirst() {
        say { self.accept($0, Ouch42.Token(2, tag: second.tag)) }
      }
    }
  }

  /// Until nobody has called for a while.
  private func stallAll() {
    repeat {
      peer = accept(within: 20_000_000_000)
      stall()
    } while peer != nil
  }

  private func stall() {
    guard receive(atLeast: SoupBin.loginRequestLength) else { return }
    let answer = SoupBinLoginAccepted(session: FixedText("FAKE")!, sequence: 1)
    let length = answer.encode(into: memory.bytes)
    _ = peer?.send(memory.bytes.bytes.slice(at: 0, count: length))
    // Until it is left.
    while receive(atLeast: 1), memory.bytes.bytes[2] != UInt8(ascii: "O") {
      let beat = SoupBin.encode(.serverHeartbeat, into: memory.bytes)
      _ = peer?.send(memory.bytes.bytes.slice(at: 0, count: beat))
      usleep(1_000)
    }
  }

  private func accept(within patience_ns: UInt64 = .max) -> TcpSocket? {
    let since_ns = MonotonicClock.now
    while MonotonicClock.now - since_ns < patience_ns {
      if let socket = try? listener.accept() { return socket }
      usleep(1_000)
    }
    return nil
  }

  private func receive(atLeast count: Int) -> Bool {
    var received = 0
    while received < count {
      switch peer?.receive(into: memory.bytes) {
      case .moved(let moved): received += moved
      case .wouldBlock: usleep(1_000)
      case .closed, .failed, nil: return false
      }
    }
    return true
  }

  private let first = Ouch42.Token(1)

  /// Takes in the first order, a buy at 100.00.
  private func takeFirst() -> Bool {
    let length = SoupBin.headerLength + Ouch42.InboundType.enterOrder.length
    guard receive(atLeast: length) else { return false }
    say { accept($0, first) }
    return true
  }

  private func accept(_ body: MutableBytes, _ token: Ouch42.Token) -> Int {
    Ouch42.Accepted.encode(
      into: body, time_ns: 1, token: token, replacing: nil, side: .buy, quantity: 100,
      symbol: Symbol("AAA")!, priceE4: 1_000_000, timeInForce: .marketHours,
      firm: FixedText("", lengthMax: 4)!, display: 0x59, orderReference: 1, capacity: 0x50,
      sweep: 0x4E, minimumQuantity: 0, cross: 0x4E, state: Ouch50.stateLive)
  }

  private func fillAndCorrect(to priceE4: UInt32) {
    guard takeFirst() else { return }
    say { self.fill($0, 100, 999_000) }
    say { body in
      _ = self.fill(body, 60, priceE4)
      body.put(u8: Ouch42.OutboundType.tradeCorrection.rawValue, at: 0)
      body.put(u8: UInt8(ascii: "E"), at: 40)
      return Ouch42.OutboundType.tradeCorrection.length
    }
  }

  private func fill(_ body: MutableBytes, _ quantity: UInt32, _ priceE4: UInt32) -> Int {
    Ouch42.Executed.encode(
      into: body, time_ns: 2, token: first, quantity: quantity, priceE4: priceE4,
      liquidity: 0x41, match: 7)
  }

  /// One sequenced message.
  private func say(_ message: (MutableBytes) -> Int) {
    let header = SoupBin.headerLength
    let body = memory.bytes.slice(at: header, count: memory.bytes.count - header)
    let length = SoupBin.frame(.sequenced, payload: message(body), into: memory.bytes)
    _ = peer?.send(memory.bytes.bytes.slice(at: 0, count: length))
  }

  private func talk() {
    var length = 0
    while length < 3_000 {
      length += SoupBin.encode(
        .debug, into: memory.bytes.slice(at: length, count: memory.bytes.count - length))
    }
    while true {
      switch peer?.send(memory.bytes.bytes.slice(at: 0, count: length)) {
      case .moved, .wouldBlock: continue
      case .closed, .failed, nil: return
      }
    }
  }

  /// From now on it is as if the venue's host were gone: its kernel drops whatever comes, and
  /// acknowledges nothing. By a socket filter of one instruction, which keeps no byte.
  func vanish() -> Bool {
    var instruction: UInt64 = 0x06
    return withUnsafePointer(to: &instruction) {
      var filter = (count: UInt16(1), program: UnsafeRawPointer($0))
      let length = socklen_t(MemoryLayout.size(ofValue: filter))
      return setsockopt(peer?.descriptor ?? -1, SOL_SOCKET, SO_ATTACH_FILTER, &filter, length) == 0
    }
  }

  /// Reads all that comes, and waits for `count` bytes for five seconds at most. Bytes read.
  func readRest(atLeast count: Int) -> Int { read(atLeast: count) { _ in } }

  /// The packets that come until there are so many: type, and payload.
  func packets(_ count: Int) -> [[UInt8]] {
    var bytes: [UInt8] = []
    var packets: [[UInt8]] = []
    while packets.count < count {
      let more = read(atLeast: 1) { came in bytes += (0..<came.count).map { came[$0] } }
      guard more > 0 else { break }
      while bytes.count > 1, bytes.count >= 2 + Int(bytes[0]) << 8 + Int(bytes[1]) {
        let length = 2 + Int(bytes[0]) << 8 + Int(bytes[1])
        packets.append(Array(bytes[2..<length]))
        bytes.removeFirst(length)
      }
    }
    return packets
  }

  private func read(atLeast count: Int, _ take: (Bytes) -> Void) -> Int {
    var sum = 0
    let end = MonotonicClock.now + 5_000_000_000
    while MonotonicClock.now < end {
      switch peer?.receive(into: memory.bytes) {
      case .moved(let moved):
        sum += moved
        take(memory.bytes.bytes.slice(at: 0, count: moved))
      case .wouldBlock where sum < count: usleep(1_000)
      case .wouldBlock, .closed, .failed, nil: return sum
      }
    }
    return sum
  }
}
