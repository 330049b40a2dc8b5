/// An open capture: a pcap or pcapng file, or gzip of either, told apart by content.
///
/// A plain file is mapped read-only; a gzip file is inflated once into memory. Opening does all
/// the allocation and every check of the file's header, so that reading can do neither.
///
/// - Ownership: owns the mapping; `bytes` and every `Datagram.payload` read from it are valid
///   while this object lives. `CaptureReader` and `CaptureMerge` keep it alive.
/// - Thread safety: immutable; any number of readers on any thread.
public final class CaptureFile: Sendable {
  public let path: String
  public let container: CaptureContainer
  /// Whether the file on disk is gzip.
  public let gzipped: Bool
  /// Size of the file on disk, in bytes.
  public let byteCount: Int
  /// Whether a gzip stream was damaged or cut, so that `bytes` is only its beginning.
  public let isGzipTailCut: Bool
  /// The capture's content, inflated if need be.
  public var bytes: Bytes { content.bytes }

  let header: CaptureHeader
  private let content: CaptureContent

  /// Opens the capture at `path`.
  ///
  /// - Parameter inflateLimitBytes: the most memory that gzip content may take; nil is three
  ///   quarters of the machine's.
  public init(path: String, inflateLimitBytes: Int? = nil) throws(CaptureError) {
    content = try CaptureContent(path: path, inflateLimitBytes: inflateLimitBytes)
    self.path = path
    byteCount = content.byteCount
    gzipped = content.gzipped
    isGzipTailCut = content.isGzipTailCut
    header = try CaptureHeader.read(content.bytes, path: path)
    container = header.container
  }
}
