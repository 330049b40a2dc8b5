/// Walks the records of a classic pcap file (draft-ietf-opsawg-pcap).
///
/// Thread: one. Allocates nothing. One header of 16 bytes read per record.
struct CapturePcap {
  private let bytes: Bytes
  private let isBigEndian: Bool
  private let linkType: UInt32
  private let nanosecondsPerFraction: UInt64
  private(set) var offset = CaptureHeader.pcapByteCount
  /// Whether the file ended inside a record.
  private(set) var isCut = false

  init(_ bytes: Bytes, _ header: CaptureHeader) {
    self.bytes = bytes
    isBigEndian = header.isBigEndian
    linkType = header.linkType
    nanosecondsPerFraction = header.isNanosecond ? 1 : 1_000
  }

  mutating func rewind() { offset = CaptureHeader.pcapByteCount }

  /// The next record; nil at the end.
  @inline(__always)
  mutating func next() -> CaptureRecord? {
    guard bytes.has(16, at: offset) else { return end() }
    let captured = Int(u32(offset + 8))
    guard bytes.has(captured, at: offset + 16) else { return end() }
    // Two 32-bit fields: the sum cannot overflow, however wrong the fraction is.
    let time =
      UInt64(u32(offset)) &* 1_000_000_000
      &+ UInt64(u32(offset + 4)) &* nanosecondsPerFraction
    let record = CaptureRecord(
      time: time, linkType: linkType, frame: bytes.slice(at: offset + 16, count: captured),
      isTruncated: captured < Int(u32(offset + 12)))
    offset += 16 + captured
    return record
  }

  @inline(never)
  private mutating func end() -> CaptureRecord? {
    if offset < bytes.count { isCut = true }
    offset = bytes.count
    return nil
  }

  @inline(__always)
  private func u32(_ at: Int) -> UInt32 { isBigEndian ? bytes.u32be(at) : bytes.u32le(at) }
}
