import Glibc

/// Why a capture could not be opened. Each `description` is one sentence that names the file and
/// says what to do next. What is wrong inside an opened capture is counted, not thrown:
/// `CaptureCounts`.
public enum CaptureError: Error, Equatable, Sendable {
  /// The system refused to open or map the file; `code` is errno.
  case cannotOpen(path: String, code: Int32)
  /// A directory, a FIFO, a device: something that cannot be mapped; `kind` says what.
  case notARegularFile(path: String, kind: String)
  case empty(path: String)
  /// No capture format begins like this; `start` is the first bytes in hex.
  case notACapture(path: String, start: String)
  /// The file ends before its own header does.
  case headerCut(path: String)
  /// A pcap of a link type that is not one of Ethernet, raw IP, SLL, SLL2, loopback.
  case unsupportedLinkType(path: String, linkType: UInt32)
  /// The gzip content is larger than `limitBytes`, or the system has no memory for it.
  case outOfMemory(path: String, limitBytes: Int)
  /// Nothing could be inflated from a gzip file.
  case damagedGzip(path: String)
}

extension CaptureError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotOpen(let path, let code):
      return "cannot open \(path): \(systemText(code)); check the path and its permissions"
    case .notARegularFile(let path, let kind):
      return "\(path) is \(kind), and a capture must be a regular file;"
        + " name the capture file itself, or save the stream to a file first"
    case .empty(let path):
      return "\(path) is empty; capture or copy it again"
    case .notACapture(let path, let start):
      return "\(path) is not a capture (it begins with \(start));"
        + " give a pcap or pcapng file, plain or gzip-compressed"
    case .headerCut(let path):
      return "\(path) ends inside its own file header, so it holds no packet; copy it again"
    case .unsupportedLinkType(let path, let linkType):
      return "\(path) has link type \(linkType), which is not supported;"
        + " capture on an Ethernet, raw IP, SLL, SLL2 or loopback interface"
    case .outOfMemory(let path, let limitBytes):
      return "\(path) inflates to more than the \(limitBytes) bytes of memory allowed;"
        + " gunzip it to disk and give the plain file, which is mapped and not loaded"
    case .damagedGzip(let path):
      return "\(path) is gzip, but damaged before its first byte of content; copy it again"
    }
  }
}

private func systemText(_ code: Int32) -> String {
  // strerror returns a NUL-terminated string for every code; it is copied at once.
  unsafe String(cString: strerror(code))
}
