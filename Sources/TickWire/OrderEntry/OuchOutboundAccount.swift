/// Messages from the venue to the client that speak of a whole account: what became of a mass
/// cancel, of order entry switched off or on. Views to read them, encoders to write them. A view is
/// made only of bytes that are whole, so that its properties cannot fail.
extension Ouch50 {
  /// `X`: the venue has the mass cancel. A cancel follows for each order that it takes out.
  @frozen
  public struct MassCancelResponse: Sendable {
    /// As it is written, with an empty appendage; read, it may be without.
    public static let length = 27
    @usableFromInline static let appendageAt = 25
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard Ouch50.isWhole(bytes, as: OutboundType.massCancelResponse) else { return nil }
      self.bytes = bytes
    }

    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    /// Of the request.
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    @inlinable public var firm: FixedText { FixedText(bytes, at: 13, count: Ouch50.firmLength) }
    /// nil: blank, all symbols.
    @inlinable public var symbol: Symbol? { Ouch50.symbolIfAny(bytes, at: 17) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: MassCancelResponse.appendageAt)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      into target: MutableBytes, time_ns: UInt64, userRefNum: UInt32, firm: FixedText,
      symbol: Symbol? = nil
    ) -> Int {
      target.put(u8: OutboundType.massCancelResponse.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      firm.put(into: target, at: 13, count: Ouch50.firmLength)
      target.put(u64le: symbol?.word ?? Ouch50.blankSymbol, at: 17)
      target.put(u16be: 0, at: appendageAt)
      return length
    }
  }

  /// `G`: order entry is off. `K`: it is on again.
  @frozen
  public struct EntrySwitchResponse: Sendable {
    /// As it is written, with an empty appendage; read, it may be without.
    public static let length = 19
    @usableFromInline static let appendageAt = 17
    public let bytes: Bytes

    @inlinable
    public init?(_ bytes: Bytes) {
      guard
        Ouch50.isWhole(bytes, as: OutboundType.disableOrderEntryResponse)
          || Ouch50.isWhole(bytes, as: OutboundType.enableOrderEntryResponse)
      else { return nil }
      self.bytes = bytes
    }

    @inlinable public var direction: EntrySwitch.Direction {
      bytes[0] == OutboundType.disableOrderEntryResponse.rawValue ? .disable : .enable
    }
    /// Exchange time, ns since midnight US Eastern.
    @inlinable public var time_ns: UInt64 { bytes.u64be(1) }
    /// Of the request.
    @inlinable public var userRefNum: UInt32 { bytes.u32be(9) }
    @inlinable public var firm: FixedText { FixedText(bytes, at: 13, count: Ouch50.firmLength) }
    @inlinable public var appendage: Appendage {
      Appendage(trailing: bytes, at: EntrySwitchResponse.appendageAt)
    }

    /// Writes the message. Returns its length; traps unless it fits.
    @inlinable
    public static func encode(
      _ direction: EntrySwitch.Direction, into target: MutableBytes, time_ns: UInt64,
      userRefNum: UInt32, firm: FixedText
    ) -> Int {
      let type: OutboundType =
        direction == .disable ? .disableOrderEntryResponse : .enableOrderEntryResponse
      target.put(u8: type.rawValue, at: 0)
      target.put(u64be: time_ns, at: 1)
      target.put(u32be: userRefNum, at: 9)
      firm.put(into: target, at: 13, count: Ouch50.firmLength)
      target.put(u16be: 0, at: appendageAt)
      return length
    }
  }
}
