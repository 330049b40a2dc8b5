import TickWire

/// Looks, before anything is started, whether a capture holds a feed that can be replayed.
enum ReplayFeedCheck {
  /// Opens the captures as one stream in time order.
  static func open(_ paths: [String]) throws -> CaptureMerge {
    var files: [CaptureFile] = []
    for path in paths { files.append(try CaptureFile(path: path)) }
    guard files.contains(where: { hasIex($0) }) else {
      throw ReplayError.unknownFeed(files.map(found).joined(separator: "; "))
    }
    return CaptureMerge(files)
  }

  /// Whether any packet is TOPS or DEEP; nearly always the first one is.
  private static func hasIex(_ file: CaptureFile) -> Bool {
    var reader = CaptureReader(file)
    var datagram = Datagram()
    while reader.next(&datagram) {
      guard IexTpHeader.isIexTp(datagram.payload) else { continue }
      if datagram.payload.u16le(2) != IexProtocol.deepPlus.rawValue { return true }
    }
    return false
  }

  private static func found(_ file: CaptureFile) -> String {
    let summary = CaptureSummary(file)
    let feed =
      summary.feed.map { "\($0.title) found" } ?? "\(summary.counts.packets) packets, none known"
    return "\(file.path): \(feed)"
  }
}
