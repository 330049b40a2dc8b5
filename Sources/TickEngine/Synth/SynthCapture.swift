import TickWire

/// Writes a synthetic feed to a file.
public enum SynthCapture {
  /// Bytes gathered before each write.
  static let bufferBytes = 1 << 20

  /// Writes a whole feed to `path`, which appears only when it is complete, and returns what it
  /// holds. Memory stays at one buffer whatever the size.
  public static func write(
    _ options: SynthOptions, to path: String
  ) throws(AtomicFile.Failure) -> SynthSummary {
    // `path` is tried before anything is computed.
    let file = try AtomicFile(path: path)
    var feed = SynthFeed(options)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    guard let base = memory.baseAddress else { preconditionFailure("allocated above") }
    // Safe: `memory` outlives the view, which stays in this function.
    let buffer = unsafe MutableBytes(base, count: bufferBytes)
    var used = feed.putFileHeader(into: buffer)
    while let length = feed.nextRecord(into: buffer.slice(at: used, count: bufferBytes - used)) {
      used += length
      if bufferBytes - used < SynthFeed.recordBytesMax {
        try unsafe file.write(UnsafeRawBufferPointer(rebasing: memory[..<used]))
        used = 0
      }
    }
    try unsafe file.write(UnsafeRawBufferPointer(rebasing: memory[..<used]))
    try file.commit()
    return feed.summary
  }
}
