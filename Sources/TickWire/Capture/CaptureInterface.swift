/// One pcapng interface: how its packets are framed and what its clock counts.
struct CaptureInterface: Sendable {
  var linkType: UInt32 = 0
  /// The most bytes captured of a packet; 0 is no limit.
  var snapLength: UInt32 = 0
  var clock = CaptureClock()

  init() {}

  /// Reads an interface description block, framing already validated; nil if it is too short.
  /// Options that run past the block end the options and not the interface.
  init?(_ block: Bytes, isBigEndian: Bool) {
    guard block.has(20, at: 0) else { return nil }
    linkType = UInt32(isBigEndian ? block.u16be(8) : block.u16le(8))
    snapLength = isBigEndian ? block.u32be(12) : block.u32le(12)
    let end = block.count - 4
    var at = 16
    while at + 4 <= end {
      let code = isBigEndian ? block.u16be(at) : block.u16le(at)
      let length = Int(isBigEndian ? block.u16be(at + 2) : block.u16le(at + 2))
      at += 4
      guard code != 0, at + length <= end else { return }
      if code == 9 && length == 1 { clock.setResolution(block[at]) }
      if code == 14 && length == 8 {
        let word = isBigEndian ? block.u64be(at) : block.u64le(at)
        clock.offsetSeconds = Int64(bitPattern: word)
      }
      at += (length + 3) & ~3
    }
  }
}

/// Turns an interface's clock ticks into nanoseconds since the Unix epoch, exactly (rounded
/// down), for every `if_tsresol` and `if_tsoffset`; what does not fit in 64 bits saturates.
struct CaptureClock: Equatable, Sendable {
  private var multiplier: UInt64 = 1_000
  private var divisor: UInt64 = 1
  /// The n of a resolution of 2^-n seconds; -1 for a decimal one.
  private var binaryDigits: Int16 = -1
  var offsetSeconds: Int64 = 0

  init() {}

  /// `if_tsresol`: high bit clear, 10^-n seconds; set, 2^-n.
  mutating func setResolution(_ code: UInt8) {
    let digits = Int(code & 0x7F)
    guard code & 0x80 == 0 else {
      binaryDigits = Int16(digits)
      return
    }
    binaryDigits = -1
    multiplier = digits <= 9 ? CaptureClock.powerOfTen(9 - digits) : 1
    // Finer than 10^-28, 64 bits of ticks are less than a nanosecond.
    if digits > 28 { multiplier = 0 }
    divisor = digits > 9 ? CaptureClock.powerOfTen(digits - 9) : 1
  }

  @inline(__always)
  func nanoseconds(_ ticks: UInt64) -> UInt64 {
    if binaryDigits < 0 && offsetSeconds == 0 && divisor == 1 {
      let (product, overflow) = ticks.multipliedReportingOverflow(by: multiplier)
      return overflow ? .max : product
    }
    return exactNanoseconds(ticks)
  }

  @inline(never)
  private func exactNanoseconds(_ ticks: UInt64) -> UInt64 {
    var time: Int128
    if binaryDigits >= 0 {
      time = (Int128(ticks) * 1_000_000_000) >> Int128(binaryDigits)
    } else {
      time = Int128(ticks / divisor) * Int128(multiplier)
    }
    time += Int128(offsetSeconds) * 1_000_000_000
    return UInt64(clamping: time)
  }

  private static func powerOfTen(_ exponent: Int) -> UInt64 {
    var power: UInt64 = 1
    for _ in 0..<exponent {
      let (product, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { return .max }
      power = product
    }
    return power
  }
}
