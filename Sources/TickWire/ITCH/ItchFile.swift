/// An open file of raw messages, each after its length in 16 bits, big-endian, as the venue
/// publishes its days of ITCH; a length of 0 ends the file. Plain or gzip, told apart by content.
///
/// - Ownership: owns the mapping; messages read from it are valid while this object lives, which a
///   walk of its `messages` sees to.
/// - Thread safety: immutable; any number of readers on any thread.
public final class ItchFile: Sendable {
  public let path: String
  /// Whether the file on disk is gzip.
  public let gzipped: Bool
  /// Size of the file on disk, in bytes.
  public let byteCount: Int
  /// Whether a gzip stream was damaged or cut, so that only its beginning is there.
  public let isGzipTailCut: Bool
  private let content: CaptureContent

  /// Opens the file at `path`. What is in it is not looked at: `isItch` does.
  ///
  /// - Parameter inflateLimitBytes: the most memory that gzip content may take; nil is three
  ///   quarters of the machine's.
  public init(path: String, inflateLimitBytes: Int? = nil) throws(CaptureError) {
    content = try CaptureContent(path: path, inflateLimitBytes: inflateLimitBytes)
    self.path = path
    gzipped = content.gzipped
    byteCount = content.byteCount
    isGzipTailCut = content.isGzipTailCut
  }

  /// The file's content, inflated if need be.
  public var bytes: Bytes { content.bytes }
  /// A walk from the first message on.
  public var messages: ItchFileMessages { ItchFileMessages(bytes, of: self) }
  /// Whether the content begins as such a file of ITCH 5.0 does.
  public var isItch: Bool { ItchFile.isItch(bytes) }

  /// Whether the first message has the length that its type has in ITCH 5.0, or there is none but
  /// the mark of the end. A capture's magic numbers are neither.
  public static func isItch(_ content: Bytes) -> Bool {
    guard content.has(2, at: 0) else { return false }
    let length = Int(content.u16be(0))
    if length == 0 { return content.count == 2 }
    return content.has(1, at: 2) && ItchMessageType.byteCount(content[2]) == length
  }
}

/// Walks the messages of such a file. Allocation-free; a value.
public struct ItchFileMessages {
  /// How a file ends.
  public enum Ending: Equatable, Sendable {
    /// By a length of 0; what follows it, if anything, is not of the file.
    case marked(trailingByteCount: Int)
    /// By its last message.
    case unmarked
    /// Inside a message or its length, of which these bytes came.
    case cut(byteCount: Int)
  }

  private let content: Bytes
  /// Kept alive as long as the walk.
  private let file: ItchFile?
  /// Where the next message's length is, from the beginning of the content.
  public private(set) var offset = 0
  /// Messages returned.
  public private(set) var messageCount = 0
  /// nil until `next` has returned nil.
  public private(set) var ending: Ending?

  /// Of bytes that somebody else keeps alive.
  public init(_ content: Bytes) { self.init(content, of: nil) }

  init(_ content: Bytes, of file: ItchFile?) {
    self.content = content
    self.file = file
  }

  /// The next message without its length, or nil at the end, which `ending` then tells about.
  public mutating func next() -> Bytes? {
    guard ending == nil else { return nil }
    let left = content.count - offset
    guard left >= 2 else {
      ending = left == 0 ? .unmarked : .cut(byteCount: left)
      return nil
    }
    let length = Int(content.u16be(offset))
    guard length > 0 else {
      ending = .marked(trailingByteCount: left - 2)
      return nil
    }
    guard left - 2 >= length else {
      ending = .cut(byteCount: left)
      return nil
    }
    let message = content.slice(at: offset + 2, count: length)
    offset += 2 + length
    messageCount += 1
    return message
  }
}
