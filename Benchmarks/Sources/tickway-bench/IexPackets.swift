/// Packets of IEX-TP with as many messages each as wanted, made from the messages of others.
struct IexPackets {
  private(set) var packets: [[UInt8]] = []
  let messagesPerPacket: Int
  /// Sequence of the next message to be sent: it never begins anew.
  private(set) var sequence: UInt64 = 1

  /// - Throws: that the source has too few messages of quotes and trades.
  init(_ source: Packets, packets count: Int, messagesPerPacket: Int) throws {
    self.messagesPerPacket = messagesPerPacket
    var packet: [UInt8] = []
    var messages = 0
    for place in source.places {
      let bytes = source.bytes[place.offset..<(place.offset + place.count)]
      guard bytes.count >= Walk.headerBytes else { continue }
      var at = bytes.startIndex + Walk.headerBytes
      while at + 2 <= bytes.endIndex, packets.count < count {
        let end = at + 2 + Int(bytes[at]) + Int(bytes[at + 1]) << 8
        guard end <= bytes.endIndex else { break }
        defer { at = end }
        guard end > at + 2, IexPackets.types.contains(bytes[at + 2]) else { continue }
        if messages == 0 { packet = Array(bytes.prefix(Walk.headerBytes)) }
        packet += bytes[at..<end]
        messages += 1
        guard messages == messagesPerPacket else { continue }
        IexPackets.put(packet.count - Walk.headerBytes, bytes: 2, at: 12, in: &packet)
        IexPackets.put(messages, bytes: 2, at: 14, in: &packet)
        packets.append(packet)
        messages = 0
      }
    }
    guard packets.count == count else { throw BenchError("too few messages to make packets of") }
  }

  /// Quote updates and trades.
  private static let types = [UInt8(ascii: "Q"), UInt8(ascii: "T")]

  private static func put(_ value: Int, bytes: Int, at offset: Int, in packet: inout [UInt8]) {
    for byte in 0..<bytes { packet[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
  }

  /// Gives all packets the sending time now, by which they are fresh.
  mutating func stamp() {
    let now = Int(WallClock.now)
    for index in packets.indices { IexPackets.put(now, bytes: 8, at: 32, in: &packets[index]) }
  }

  /// Gives all packets the next sequences.
  mutating func renumber() {
    for index in packets.indices {
      IexPackets.put(Int(sequence), bytes: 8, at: 24, in: &packets[index])
      sequence += UInt64(messagesPerPacket)
    }
  }

  /// Sequences for `count` packets that somebody else will number: the first of them.
  mutating func reserve(packets count: Int) -> UInt64 {
    defer { sequence += UInt64(count * messagesPerPacket) }
    return sequence
  }
}
