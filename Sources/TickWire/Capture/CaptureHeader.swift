/// Which file format packets are stored in.
public enum CaptureContainer: String, Sendable {
  case pcap, pcapng
}

/// What the first bytes of a capture say, decided by content and never by name.
/// Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
struct CaptureHeader: Equatable, Sendable {
  static let pcapByteCount = 24
  /// The smallest section header block.
  static let pcapngByteCountMin = 28

  let container: CaptureContainer
  /// Whether the (first) section was written big-endian.
  let isBigEndian: Bool
  /// pcap: whether the fraction field counts nanoseconds instead of microseconds.
  let isNanosecond: Bool
  /// pcap: the file's link type. pcapng has one per interface, and 0 here.
  let linkType: UInt32

  /// Reads and validates the header. `path` is only for the error's text.
  static func read(_ bytes: Bytes, path: String) throws(CaptureError) -> CaptureHeader {
    guard bytes.count > 0 else { throw .empty(path: path) }
    guard bytes.has(4, at: 0) else { throw notACapture(bytes, path) }
    switch bytes.u32le(0) {
    case 0xA1B2_C3D4: return try pcap(bytes, path, isBigEndian: false, isNanosecond: false)
    case 0xA1B2_3C4D: return try pcap(bytes, path, isBigEndian: false, isNanosecond: true)
    case 0xD4C3_B2A1: return try pcap(bytes, path, isBigEndian: true, isNanosecond: false)
    case 0x4D3C_B2A1: return try pcap(bytes, path, isBigEndian: true, isNanosecond: true)
    case CapturePcapng.sectionHeader: return try pcapng(bytes, path)
    default: throw notACapture(bytes, path)
    }
  }

  private static func pcap(
    _ bytes: Bytes, _ path: String, isBigEndian: Bool, isNanosecond: Bool
  ) throws(CaptureError) -> CaptureHeader {
    guard bytes.has(pcapByteCount, at: 0) else { throw .headerCut(path: path) }
    // The high four bits tell the length of the frame check sequence, which lengths exclude.
    let linkType = (isBigEndian ? bytes.u32be(20) : bytes.u32le(20)) & 0x0FFF_FFFF
    guard LinkType.isSupported(linkType) else {
      throw .unsupportedLinkType(path: path, linkType: linkType)
    }
    return CaptureHeader(
      container: .pcap, isBigEndian: isBigEndian, isNanosecond: isNanosecond, linkType: linkType)
  }

  private static func pcapng(_ bytes: Bytes, _ path: String) throws(CaptureError) -> CaptureHeader {
    guard bytes.has(pcapngByteCountMin, at: 0) else { throw .headerCut(path: path) }
    guard let isBigEndian = CapturePcapng.isBigEndian(bytes, sectionAt: 0) else {
      throw notACapture(bytes, path)
    }
    return CaptureHeader(
      container: .pcapng, isBigEndian: isBigEndian, isNanosecond: false, linkType: 0)
  }

  private static func notACapture(_ bytes: Bytes, _ path: String) -> CaptureError {
    let start = (0..<min(bytes.count, 8)).map { index in
      let digits = String(bytes[index], radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    return .notACapture(path: path, start: start.joined(separator: " "))
  }
}
