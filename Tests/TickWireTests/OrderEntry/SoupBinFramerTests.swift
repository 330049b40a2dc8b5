import TestSupport
import Testing

@testable import TickWire

struct SoupBinFramerTests {
  typealias Packet = (type: UInt8, payload: [UInt8])

  /// Feeds `stream` in the given pieces and returns every packet.
  static func packets(
    _ stream: [UInt8], pieces: [Int], framer: inout SoupBinFramer
  ) -> [Packet] {
    var result: [Packet] = []
    var position = 0
    for piece in pieces + [stream.count] {
      var left = min(piece, stream.count - position)
      while left > 0 {
        let room = framer.writable
        let count = min(left, room.count)
        if count == 0 { return result }
        room.put(WireBuffer(Array(stream[position..<position + count])).bytes, at: 0)
        framer.received(count)
        position += count
        left -= count
        while let packet = framer.next() { result.append((packet.typeByte, packet.payload.array)) }
      }
    }
    return result
  }

  static func stream(_ packets: [Packet]) -> [UInt8] {
    packets.flatMap { packet in
      let length = packet.payload.count + 1
      return [UInt8(length >> 8), UInt8(length & 255), packet.type] + packet.payload
    }
  }

  static let sample: [Packet] = [
    (0x48, []), (0x53, [1, 2, 3]), (0x53, Array(repeating: 7, count: 61)), (0x2B, [0x68]),
    (0x5A, []),
  ]

  @Test func everySplitOfAStreamGivesTheSamePackets() {
    let stream = Self.stream(Self.sample)
    for first in 0...stream.count {
      for second in [0, 1, 2, 3, 30] {
        var framer = SoupBinFramer(capacity: 64)
        let got = Self.packets(stream, pieces: [first, second], framer: &framer)
        let clean = framer.fault == nil && framer.unread == 0
        #expect(clean)
        #expect(Self.stream(got) == stream, "split at \(first), then \(second)")
      }
    }
  }

  @Test func bytesOneAtATimeAndALongStreamPass() {
    let many = (0..<200).flatMap { _ in Self.sample }
    let stream = Self.stream(many)
    var framer = SoupBinFramer(capacity: 64)
    let single = Self.packets(
      stream, pieces: Array(repeating: 1, count: stream.count), framer: &framer)
    #expect(Self.stream(single) == stream)
    var random = SplitMix(seed: 11)
    var other = SoupBinFramer(capacity: 100)
    let pieces = (0..<stream.count).map { _ in Int.random(in: 0...40, using: &random) }
    let cut = Self.packets(stream, pieces: pieces, framer: &other)
    #expect(Self.stream(cut) == stream)
  }

  @Test func aZeroLengthPacketIsMalformedForGood() {
    var framer = SoupBinFramer(capacity: 64)
    let got = Self.packets([0, 1, 0x48, 0, 0, 0, 1, 0x48], pieces: [], framer: &framer)
    let framerFault = framer.fault
    #expect(got.count == 1 && framerFault == .zeroLength)
    let none = framer.next()?.typeByte
    #expect(none == nil)
    framer.reset()
    let again = Self.packets([0, 1, 0x48], pieces: [], framer: &framer)
    let after = framer.fault
    #expect(again.count == 1 && after == nil)
  }

  @Test func aPacketLongerThanTheBufferIsMalformedAtItsHeader() {
    var framer = SoupBinFramer(capacity: 64)
    let none = Self.packets([0, 62, 0x53], pieces: [], framer: &framer)
    #expect(none.isEmpty)
    let framerFault = framer.fault
    #expect(framerFault == nil, "62 and its length are 64: it fits")
    var second = SoupBinFramer(capacity: 64)
    let nothing = Self.packets([0, 63], pieces: [], framer: &second)
    #expect(nothing.isEmpty)
    let secondFault = second.fault
    #expect(secondFault == .tooLong)
  }

  @Test func noBytesCanTrapIt() {
    var random = SplitMix(seed: 2026)
    for round in 0..<400 {
      var framer = SoupBinFramer(capacity: 64 + round)
      // Small first bytes, so that some packets are whole.
      let stream = (0..<500).map { _ -> UInt8 in
        let byte = UInt8.random(in: 0...255, using: &random)
        return round % 2 == 0 ? byte : byte & 3
      }
      let pieces = (0..<50).map { _ in Int.random(in: 0...30, using: &random) }
      let got = Self.packets(stream, pieces: pieces, framer: &framer)
      #expect(Self.stream(got).elementsEqual(stream.prefix(Self.stream(got).count)))
    }
  }
}
