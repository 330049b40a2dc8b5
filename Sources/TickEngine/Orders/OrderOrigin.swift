import TickWire

/// Whose an order is: what goes with it to the venue as its client order id and comes back with
/// each acceptance, so that a sender that knows nothing of an order any more still knows whose it
/// is. 14 hexadecimal digits: strategy (2), instrument (4), number (8).
struct OrderOrigin: Equatable {
  var orderId: UInt64
  var strategy: UInt8

  /// An instrument's number has 16 bits.
  var text: FixedText {
    let number = OrderOrigin.digits(UInt32(truncatingIfNeeded: orderId))
    let instrument = UInt32(truncatingIfNeeded: orderId >> 32) & 0xFFFF
    let head = OrderOrigin.digits(UInt32(strategy) << 16 | instrument) >> 16
    return FixedText(
      low: head | number << 48, high: number >> 16 | 0x2020_0000_0000_0000)
  }

  init(orderId: UInt64, strategy: UInt8) {
    self.orderId = orderId
    self.strategy = strategy
  }

  /// nil if it is not one of ours.
  init?(_ text: FixedText) {
    var value: UInt64 = 0
    for index in 0..<14 {
      let character = text[index]
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(character - 0x30)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt64(character - 0x37)
      default: return nil
      }
    }
    orderId = value & 0xFFFF_FFFF_FFFF
    strategy = UInt8(truncatingIfNeeded: value >> 48)
    guard orderId & 0xFFFF_FFFF != 0, orderId >> 32 != 0 else { return nil }
  }

  /// Eight digits, the first in the low byte: each nibble to a byte of its own, then to its letter.
  private static func digits(_ value: UInt32) -> UInt64 {
    var spread = UInt64(value)
    spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
    spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
    spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return (spread &+ 0x3030_3030_3030_3030 &+ letters &* 7).byteSwapped
  }
}
