import TickWire

/// A file being written: buffered, and under its name only once it is whole (`AtomicFile`).
///
/// Thread: one at a time. Not for the hot path.
final class RecordingFile {
  private static let bufferBytes = 1 << 20

  private var file: AtomicFile?
  private var buffer: [UInt8] = []

  init(path: String) throws(AtomicFile.Failure) {
    file = try AtomicFile(path: path)
    buffer.reserveCapacity(RecordingFile.bufferBytes)
  }

  /// Writes a value's bytes as they lie in memory.
  func write<T: BitwiseCopyable>(_ value: T) throws(AtomicFile.Failure) {
    unsafe withUnsafeBytes(of: value) { unsafe buffer.append(contentsOf: $0) }
    if buffer.count >= RecordingFile.bufferBytes { try flush() }
  }

  func write(_ bytes: Bytes) throws(AtomicFile.Failure) {
    unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    if buffer.count >= RecordingFile.bufferBytes { try flush() }
  }

  func write(_ text: String) throws(AtomicFile.Failure) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= RecordingFile.bufferBytes { try flush() }
  }

  /// Gives the file its name (`AtomicFile.commit`). Nothing may be written after that.
  func commit(isPartial: Bool = false) throws(AtomicFile.Failure) {
    try flush()
    if let whole = file.take() { try whole.commit(isPartial: isPartial) }
  }

  func flush() throws(AtomicFile.Failure) {
    // Not `try` inside: the closure's rethrow would lose the error's type.
    let result = unsafe buffer.withUnsafeBytes { raw in
      Result { () throws(AtomicFile.Failure) in try unsafe file?.write(raw) }
    }
    _ = try result.get()
    buffer.removeAll(keepingCapacity: true)
  }
}
