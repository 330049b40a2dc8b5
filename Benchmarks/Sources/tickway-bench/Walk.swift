/// The baseline: the same packets' length prefixes walked and their messages counted by type, with
/// no sequence, instrument, check or tick. No decoder that looks at every message can be faster, so
/// the ratio to it holds on any machine, and in any mood of this one.
struct Walk {
  static let headerBytes = 40

  var messages = 0
  var quotes = 0
  var trades = 0
  var others = 0

  mutating func take(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= Walk.headerBytes else { return }
    var offset = Walk.headerBytes
    while offset + 2 <= packet.count {
      let length = Int(packet.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      guard length > 0, offset + 2 + length <= packet.count else { return }
      messages += 1
      switch packet[offset + 2] {
      case UInt8(ascii: "Q"), UInt8(ascii: "8"), UInt8(ascii: "5"): quotes += 1
      case UInt8(ascii: "T"): trades += 1
      default: others += 1
      }
      offset += 2 + length
    }
  }
}
