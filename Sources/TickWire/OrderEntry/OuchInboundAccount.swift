/// Messages from the client to the venue that speak of a whole account: mass cancel, order entry
/// off and on, account query. Views to read them, encoders to write them. A view is made only of
/// bytes that are whole, so that its properties cannot fail.
extension Ouch50 {
  /// Field width of a firm's name, in bytes.
  public static let firmLength = 4

  /// `C`: cancel all orders of a firm, or those of one symbol.
  @frozen
  public struct MassCancel: Sendable {
    /// As it is written, with an empty appendage; read, it may be without.
    public static let length = 19
    @usableFromInline static let appendageAt = 17
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: InboundType.massCancel) else { return nil }
      self.bytes = bytes
    }

    /// Of this request: it uses up a number like an order.
    @inlinable public var userRefNum: UInt32 { bytes.u32be(1) }
    @inlinable public var firm: FixedText { FixedText(bytes, at: 5, count: Ouch50.firmLength) }
    /// nil: blank, all symbols.
    @inlinable public var symbol: Symbol? { Ouch50.symbolIfAny(bytes, at: 9) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: MassCancel.appendageAt)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, userRefNum: UInt32, firm: FixedText, symbol: Symbol? = nil
    ) -> Int {
      target.put(u8: InboundType.massCancel.rawValue, at: 0)
      target.put(u32be: userRefNum, at: 1)
      firm.put(into: target, at: 5, count: Ouch50.firmLength)
      target.put(u64le: symbol?.word ?? Ouch50.blankSymbol, at: 9)
      target.put(u16be: 0, at: appendageAt)
      return length
    }
  }

  /// `D`: no orders of a firm are to be taken any more. `E`: they are again.
  @frozen
  public struct EntrySwitch: Sendable {
    @frozen
    public enum Direction: Sendable {
      case disable
      case enable

      @inlinable
      var type: InboundType { self == .disable ? .disableOrderEntry : .enableOrderEntry }
    }

    /// As it is written, with an empty appendage; read, it may be without.
    public static let length = 11
    @usableFromInline static let appendageAt = 9
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard
        Ouch50.isWhole(bytes, as: InboundType.disableOrderEntry)
          || Ouch50.isWhole(bytes, as: InboundType.enableOrderEntry)
      else { return nil }
      self.bytes = bytes
    }

    @inlinable public var direction: Direction {
      bytes[0] == InboundType.disableOrderEntry.rawValue ? .disable : .enable
    }
    /// Of this request: it uses up a number like an order.
    @inlinable public var userRefNum: UInt32 { bytes.u32be(1) }
    @inlinable public var firm: FixedText { FixedText(bytes, at: 5, count: Ouch50.firmLength) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: EntrySwitch.appendageAt)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      _ direction: Direction, into target: MutableBytes, userRefNum: UInt32, firm: FixedText
    ) -> Int {
      target.put(u8: direction.type.rawValue, at: 0)
      target.put(u32be: userRefNum, at: 1)
      firm.put(into: target, at: 5, count: Ouch50.firmLength)
      target.put(u16be: 0, at: appendageAt)
      return length
    }
  }

  /// `Q`: which number comes next?
  @frozen
  public struct AccountQuery: Sendable {
    public static let length = 1
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: InboundType.accountQuery) else { return nil }
      self.bytes = bytes
    }

    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: AccountQuery.length)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(into target: MutableBytes) -> Int {
      target.put(u8: InboundType.accountQuery.rawValue, at: 0)
      return length
    }
  }

  /// What stands where no symbol is meant.
  @usableFromInline static let blankSymbol: UInt64 = 0x2020_2020_2020_2020

  @inlinable
  static func symbolIfAny(_ bytes: Bytes, at offset: Int) -> Symbol? {
    let symbol = Symbol(bytes, at: offset)
    return symbol.word == blankSymbol ? nil : symbol
  }
}
