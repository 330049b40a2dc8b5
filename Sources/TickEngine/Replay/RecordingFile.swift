import TickWire

/// A file being written: buffered, and under its name only once it is whole (`AtomicFile`). Of one
/// that is kept a kill -9 leaves what the kernel has, which is all but the last second.
///
/// Thread: one at a time. Not for the hot path.
final class RecordingFile {
  private static let bufferBytes = 1 << 20
  private static let flush_ns: UInt64 = 1_000_000_000

  private var file: AtomicFile?
  private var buffer: [UInt8] = []
  private var flushed_ns = MonotonicClock.now

  init(path: String, isKept: Bool = false) throws(AtomicFile.Failure) {
    file = try AtomicFile(path: path, isKept: isKept)
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

  /// Once a second.
  var isFlushDue: Bool { MonotonicClock.now - flushed_ns >= RecordingFile.flush_ns }

  func flushNowAndThen() throws(AtomicFile.Failure) {
    guard isFlushDue else { return }
    flushed_ns = MonotonicClock.now
    try flush()
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
