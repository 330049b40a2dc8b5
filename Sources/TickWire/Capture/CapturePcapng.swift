/// A captured packet as its container describes it, before anything in it is believed.
struct CaptureRecord {
  /// Nanoseconds since the Unix epoch, UTC.
  var time: UInt64
  /// nil: the record names an interface that is not known.
  var linkType: UInt32?
  /// The captured bytes.
  var frame: Bytes
  /// Whether they are fewer than there were on the wire.
  var isTruncated: Bool
}

/// Walks the blocks of a pcapng file (draft-ietf-opsawg-pcapng): sections of either byte order,
/// interfaces in a fixed table, packets. A block whose framing contradicts itself ends the walk,
/// since nothing after it can be found.
///
/// Thread: one. Allocates nothing. Work per call is bounded by the bytes it advances over.
struct CapturePcapng {
  static let sectionHeader: UInt32 = 0x0A0D_0D0A
  /// Interfaces remembered in a section; packets of later ones are counted and dropped.
  static let interfacesMax = 64

  private let bytes: Bytes
  private(set) var offset = 0
  private(set) var isCut = false
  private(set) var untimed: UInt64 = 0
  private var isBigEndian = false
  private var lastTime: UInt64 = 0
  private var interfaceCount = 0
  private var interfaces = InlineArray<64, CaptureInterface>(repeating: CaptureInterface())

  init(_ bytes: Bytes) { self.bytes = bytes }

  /// Byte order of the section whose header is at `offset`; nil if its magic is neither.
  static func isBigEndian(_ bytes: Bytes, sectionAt offset: Int) -> Bool? {
    guard bytes.has(12, at: offset) else { return nil }
    switch bytes.u32le(offset + 8) {
    case 0x1A2B_3C4D: return false
    case 0x4D3C_2B1A: return true
    default: return nil
    }
  }

  mutating func rewind() {
    offset = 0
    lastTime = 0
    interfaceCount = 0
  }

  /// The next packet; nil at the end or at a broken block (`isCut`).
  mutating func next(malformed: inout UInt64) -> CaptureRecord? {
    while offset < bytes.count {
      guard let block = nextBlock() else {
        isCut = true
        offset = bytes.count
        return nil
      }
      switch u32(block, 0) {
      case 6, 2:
        if let record = packet(block) { return record }
        malformed += 1
      case 3:
        if let record = simplePacket(block) { return record }
        malformed += 1
      case 1: addInterface(block)
      case CapturePcapng.sectionHeader: interfaceCount = 0
      default: break
      }
    }
    return nil
  }

  /// The block at `offset`, which moves past it; nil if it is cut or broken.
  private mutating func nextBlock() -> Bytes? {
    guard bytes.has(12, at: offset) else { return nil }
    if bytes.u32le(offset) == CapturePcapng.sectionHeader {
      guard let order = CapturePcapng.isBigEndian(bytes, sectionAt: offset) else { return nil }
      isBigEndian = order
    }
    let length = Int(u32(bytes, offset + 4))
    guard length >= 12, length & 3 == 0, bytes.has(length, at: offset),
      u32(bytes, offset + length - 4) == UInt32(length)
    else { return nil }
    let block = bytes.slice(at: offset, count: length)
    offset += length
    return block
  }

  private mutating func addInterface(_ block: Bytes) {
    // A description too short to read still takes its number, with a link type that is refused.
    if interfaceCount < CapturePcapng.interfacesMax {
      var interface = CaptureInterface(block, isBigEndian: isBigEndian) ?? CaptureInterface()
      if block.count < 20 { interface.linkType = .max }
      interfaces[interfaceCount] = interface
    }
    interfaceCount += 1
  }

  /// Enhanced packet (6), and the obsolete packet (2), which differs in its interface's width.
  private mutating func packet(_ block: Bytes) -> CaptureRecord? {
    guard block.has(32, at: 0) else { return nil }
    let captured = Int(u32(block, 20))
    guard captured <= block.count - 32 else { return nil }
    var number = Int(u32(block, 8))
    if u32(block, 0) == 2 { number = Int(isBigEndian ? block.u16be(8) : block.u16le(8)) }
    let ticks = UInt64(u32(block, 12)) << 32 | UInt64(u32(block, 16))
    let isKnown = number < min(interfaceCount, CapturePcapng.interfacesMax)
    if isKnown { lastTime = interfaces[number].clock.nanoseconds(ticks) }
    return CaptureRecord(
      time: lastTime, linkType: isKnown ? interfaces[number].linkType : nil,
      frame: block.slice(at: 28, count: captured),
      isTruncated: captured < Int(u32(block, 24)))
  }

  /// Simple packet (3): of the first interface, and without a time of its own.
  private mutating func simplePacket(_ block: Bytes) -> CaptureRecord? {
    guard block.has(16, at: 0) else { return nil }
    let original = Int(u32(block, 8))
    let isKnown = interfaceCount > 0
    let limit = isKnown ? Int(interfaces[0].snapLength) : 0
    let captured = limit > 0 ? min(original, limit) : original
    guard captured <= block.count - 16 else { return nil }
    untimed += 1
    return CaptureRecord(
      time: lastTime, linkType: isKnown ? interfaces[0].linkType : nil,
      frame: block.slice(at: 12, count: captured), isTruncated: captured < original)
  }

  @inline(__always)
  private func u32(_ source: Bytes, _ at: Int) -> UInt32 {
    isBigEndian ? source.u32be(at) : source.u32le(at)
  }
}
