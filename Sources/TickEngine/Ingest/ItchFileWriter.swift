import TickWire

/// Writes messages as `ItchFile` reads them: each after its length in 16 bits, big-endian, a length
/// of 0 at the end. The file is under its name only once `commit` has made it whole.
///
/// Thread: one at a time. Buffered; not for the hot path.
public struct ItchFileWriter: ~Copyable {
  private let file: RecordingFile
  public private(set) var messageCount: UInt64 = 0
  /// Empty messages, which a feed may have and such a file cannot: a length of 0 is its end.
  public private(set) var emptyMessagesOmitted: UInt64 = 0

  public init(path: String) throws(AtomicFile.Failure) {
    file = try RecordingFile(path: path)
  }

  /// Appends a message of at most 65,535 bytes.
  public mutating func write(_ message: Bytes) throws(AtomicFile.Failure) {
    guard message.count > 0 else {
      emptyMessagesOmitted += 1
      return
    }
    try file.write(UInt16(message.count).bigEndian)
    try file.write(message)
    messageCount += 1
  }

  /// Marks the end and gives the file its name.
  public consuming func commit() throws(AtomicFile.Failure) {
    try file.write(UInt16(0))
    try file.commit()
  }
}
