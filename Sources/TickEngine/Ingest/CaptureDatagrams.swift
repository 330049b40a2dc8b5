import TickWire

/// The UDP datagrams of captures, merged in time order, one after another: what `FeedIngester`
/// takes, without a replay around it.
///
/// - Ownership: the files stay open while this lives; the bytes handed out are valid in the call.
/// - Thread safety: one thread at a time.
public struct CaptureDatagrams: ~Copyable {
  private var captures: CaptureMerge

  /// Opens pcap or pcapng files, plain or gzip-compressed.
  /// - Throws: what is wrong with the first bad one.
  public init(paths: [String]) throws {
    captures = try CaptureMerge(paths: paths)
  }

  /// Hands each datagram to `body`, with its capture time: ns since the Unix epoch, UTC.
  public mutating func forEach(_ body: (RawSpan, UInt64) throws -> Void) rethrows {
    var datagram = Datagram()
    while captures.next(&datagram) {
      // Safe: the view ends with the call.
      try unsafe datagram.payload.withUnsafeBytes { bytes in
        try body(unsafe bytes.bytes, datagram.captureTime)
      }
    }
  }
}
