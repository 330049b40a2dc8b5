/// Whose an order is: what goes with it to the venue and comes back, so that a sender that knows
/// nothing of an order any more still knows whose it is. As OUCH 5.0's client order id it is 14
/// hexadecimal digits: strategy (2), instrument (4), number (8); in OUCH 4.2 the tag of each token.
@frozen
public struct OrderOrigin: Hashable, Sendable {
  /// Instrument << 32 | number.
  public var orderId: UInt64
  public var strategy: UInt8

  @inlinable
  public init(orderId: UInt64, strategy: UInt8) {
    self.orderId = orderId
    self.strategy = strategy
  }

  /// Whether it names an order, and can be said: an instrument's number has 16 bits.
  @inlinable
  public static func isOrder(_ orderId: UInt64) -> Bool {
    orderId & 0xFFFF_FFFF != 0 && orderId >> 32 != 0 && orderId >> 48 == 0
  }

  /// nil: it names no order.
  @inlinable
  init?(named orderId: UInt64, _ strategy: UInt8) {
    guard OrderOrigin.isOrder(orderId) else { return nil }
    self.init(orderId: orderId, strategy: strategy)
  }
}

/// As a client order id.
extension OrderOrigin {
  @inlinable
  public var text: FixedText {
    let number = OrderOrigin.digits(UInt32(truncatingIfNeeded: orderId))
    let instrument = UInt32(truncatingIfNeeded: orderId >> 32) & 0xFFFF
    let head = OrderOrigin.digits(UInt32(strategy) << 16 | instrument) >> 16
    return FixedText(
      low: head | number << 48, high: number >> 16 | 0x2020_0000_0000_0000)
  }

  /// nil if it is not one of ours.
  @inlinable
  public init?(_ text: FixedText) {
    var value: UInt64 = 0
    for index in 0..<14 {
      let character = text[index]
      switch character {
      case 0x30...0x39: value = value << 4 | UInt64(character - 0x30)
      case 0x41...0x46: value = value << 4 | UInt64(character - 0x37)
      default: return nil
      }
    }
    self.init(named: value & 0xFFFF_FFFF_FFFF, UInt8(truncatingIfNeeded: value >> 48))
  }

  /// Eight digits, the first in the low byte: each nibble to a byte of its own, then to its letter.
  @inlinable
  static func digits(_ value: UInt32) -> UInt64 {
    var spread = UInt64(value)
    spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
    spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
    spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return (spread &+ 0x3030_3030_3030_3030 &+ letters &* 7).byteSwapped
  }
}

/// As the tag of a token.
extension OrderOrigin {
  /// Strategies are 1 to this.
  public static let strategiesMax: UInt8 = 64

  @inlinable
  public static func isStrategy(_ number: UInt8) -> Bool {
    number > 0 && number <= strategiesMax
  }

  /// Strategy - 1 (6 bits), instrument (16), number (32). Traps beyond `strategiesMax`.
  @inlinable
  public var tag: UInt64 {
    precondition(OrderOrigin.isStrategy(strategy))
    return UInt64(strategy - 1) << 48 | orderId & 0xFFFF_FFFF_FFFF
  }

  /// nil if it is not one of ours.
  @inlinable
  public init?(tag: UInt64) {
    guard tag >> 48 < OrderOrigin.strategiesMax else { return nil }
    self.init(named: tag & 0xFFFF_FFFF_FFFF, UInt8(truncatingIfNeeded: tag >> 48) + 1)
  }
}
