/// A file's content, whatever it is: mapped, or inflated once if the file is gzip.
///
/// Ownership: owns the memory; `bytes` are valid while this object lives. Immutable.
final class CaptureContent: Sendable {
  private let memory: CaptureMemory
  let gzipped: Bool
  /// Size of the file on disk, in bytes.
  let byteCount: Int
  /// Whether a gzip stream was damaged or cut, so that only its beginning is there.
  let isGzipTailCut: Bool

  init(path: String, inflateLimitBytes: Int?) throws(CaptureError) {
    let mapped = try CaptureMemory(mapping: path)
    byteCount = mapped.count
    gzipped = CaptureInflation.isGzip(mapped.bytes)
    if gzipped {
      let inflation = try CaptureInflation(
        mapped.bytes, path: path, limitBytes: inflateLimitBytes)
      isGzipTailCut = inflation.isTailCut
      memory = inflation.releaseMemory()
    } else {
      isGzipTailCut = false
      memory = mapped
    }
  }

  var bytes: Bytes { memory.bytes }
}
