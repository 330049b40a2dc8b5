/// Reads the UDP datagrams of one capture, in file order.
///
/// ```swift
/// var reader = CaptureReader(try CaptureFile(path: "feed.pcap.gz"))
/// var datagram = Datagram()
/// while reader.next(&datagram) { … }
/// print(reader.counts)
/// ```
///
/// - Ownership: keeps its file alive. A datagram's payload is valid while the reader lives.
/// - Thread safety: one thread at a time.
/// - Cost: `next` neither allocates nor retains; its work is bounded by the bytes it passes.
public struct CaptureReader: ~Copyable, Sendable {
  /// What was met so far. `rewind()` does not reset it: the counts of a repeated run add up.
  public private(set) var counts = CaptureCounts()

  // Held for its mapping only; nil when the caller keeps the memory.
  private let file: CaptureFile?
  private let isPcap: Bool
  private let isTailCut: Bool
  private var pcap: CapturePcap
  private var pcapng: CapturePcapng

  /// Reads `file` from its beginning.
  public init(_ file: CaptureFile) {
    self.init(file.bytes, file.header, keeping: file)
  }

  /// Reads a capture that is already in memory, uncompressed; the caller keeps `bytes` alive.
  public init(_ bytes: Bytes) throws(CaptureError) {
    self.init(bytes, try CaptureHeader.read(bytes, path: "the capture"), keeping: nil)
  }

  private init(_ bytes: Bytes, _ header: CaptureHeader, keeping file: CaptureFile?) {
    self.file = file
    isPcap = header.container == .pcap
    isTailCut = file?.isGzipTailCut ?? false
    pcap = CapturePcap(bytes, header)
    pcapng = CapturePcapng(bytes)
  }

  /// Reads the next whole UDP datagram into `datagram`; false at the end of the capture.
  /// Everything else on the way is counted in `counts`.
  public mutating func next(_ datagram: inout Datagram) -> Bool {
    while let record = nextRecord() {
      if take(record, &datagram) { return true }
    }
    return false
  }

  /// Back to the beginning. Counts go on.
  public mutating func rewind() {
    pcap.rewind()
    pcapng.rewind()
  }

  /// The next record of any kind, counted; nil at the end.
  @inline(__always)
  mutating func nextRecord() -> CaptureRecord? {
    guard let record = isPcap ? pcap.next() : nextPcapngRecord() else {
      counts.cutTail = counts.cutTail || isTailCut || pcap.isCut || pcapng.isCut
      return nil
    }
    counts.packets += 1
    counts.bytes += UInt64(record.frame.count)
    return record
  }

  @inline(never)
  private mutating func nextPcapngRecord() -> CaptureRecord? {
    let untimed = pcapng.untimed
    var malformed: UInt64 = 0
    let record = pcapng.next(malformed: &malformed)
    counts.packets += malformed
    counts.ignored.malformed += malformed
    counts.untimed += pcapng.untimed - untimed
    return record
  }

  /// Whether `record` is a whole UDP datagram, which is then in `datagram`.
  @inline(__always)
  mutating func take(_ record: CaptureRecord, _ datagram: inout Datagram) -> Bool {
    guard !record.isTruncated else {
      counts.truncated += 1
      return false
    }
    guard let linkType = record.linkType else {
      counts.ignored.interface += 1
      return false
    }
    let verdict = UdpFrame.find(in: record.frame, linkType: linkType, &datagram)
    guard verdict == .udp else {
      counts.ignored.count(verdict)
      return false
    }
    datagram.captureTime = record.time
    datagram.fileIndex = 0
    return true
  }
}
