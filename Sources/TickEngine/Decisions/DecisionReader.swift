import Foundation
import Glibc
import TickWire

/// A decision as a file has it.
public struct RecordedDecision: Sendable {
  public let event: DecisionEvent
  /// nil: the directory did not know the instrument.
  public let symbol: Symbol?

  public init(_ event: DecisionEvent, symbol: Symbol?) {
    self.event = event
    self.symbol = symbol
  }
}

/// Why a file of decisions cannot be read, in a sentence that says what to do.
public enum DecisionFileError: Error, Equatable, CustomStringConvertible {
  case unreadable(String, reason: String)
  case forbidden(String)
  /// Another kind of file.
  case foreign(String)
  case version(String, UInt32)
  case damagedHeader(String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    case .forbidden(let path): "cannot read \(path): you may not; ask its owner"
    case .foreign(let path):
      "\(path) is no file of decisions: `tickway replay` and `tickway live` write one with"
        + " --decisions FILE"
    case .version(let path, let version):
      "\(path) has version \(version) of the format, and this program reads"
        + " \(DecisionFile.version): use the program that wrote it"
    case .damagedHeader(let path):
      "\(path) is damaged at its beginning, and nothing in it can be explained: record it anew"
    }
  }
}

/// How a file of decisions ends.
public enum DecisionFileEnd: Equatable, Sendable {
  case whole
  /// It stops in the middle, or before its end record.
  case cut
  /// What is there at this offset was not written there.
  case damaged(at: Int)
}

/// Reads a file of decisions, whatever bytes are in it: what is whole before the first damage is
/// read, and nothing after it. One pass, bounded by the file's length.
///
/// - Thread safety: a value; one user.
public struct DecisionReader {
  public let context: DecisionContext
  private let data: Data
  private var offset: Int
  /// How it ends; nil: its end was not come to.
  public private(set) var end: DecisionFileEnd?
  public private(set) var recorded: UInt64 = 0
  /// Decisions that the end says were lost, or that the numbers of those that were read leave out.
  public private(set) var lost: UInt64 = 0
  private var newest: UInt64 = 0

  public init(path: String) throws(DecisionFileError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      // Also of a pipe or a device Foundation says that the permission lacks.
      if unsafe access(path, R_OK) != 0, errno == EACCES { throw .forbidden(path) }
      var status = stat()
      let isOther = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
      throw .unreadable(
        path, reason: isOther ? "give a regular file" : error.localizedDescription)
    }
    try self.init(data, path: path)
  }

  /// - Parameter path: for what is said of it.
  public init(_ data: Data, path: String) throws(DecisionFileError) {
    let header = try DecisionReader.header(data, path)
    context = header.context
    offset = header.length
    self.data = data
  }

  private static func header(
    _ data: Data, _ path: String
  ) throws(DecisionFileError) -> (context: DecisionContext, length: Int) {
    guard data.count >= 12, word(data, 0) == DecisionFile.magic else { throw .foreign(path) }
    let version = UInt32(truncatingIfNeeded: half(data, 8))
    guard version == DecisionFile.version else { throw .version(path, version) }
    guard data.count >= DecisionFile.headerBytes else { throw .damagedHeader(path) }
    let (length, textBytes) = (Int(half(data, 12)), Int(half(data, 20)))
    guard length.isMultiple(of: 8), length <= min(data.count, DecisionFile.headerBytesMax),
      Int(half(data, 16)) == DecisionEvent.byteCount,
      (0...7).contains(length - DecisionFile.headerBytes - textBytes)
    else { throw .damagedHeader(path) }
    var check = DecisionFile.Check()
    for at in stride(from: DecisionFile.headerBytes, to: length, by: 8) {
      check.add(word(data, at))
    }
    let start = data.startIndex + DecisionFile.headerBytes
    guard check.value == word(data, 24),
      let context = try? JSONDecoder().decode(
        DecisionContext.self, from: data[start..<start + textBytes])
    else { throw .damagedHeader(path) }
    return (context, length)
  }

  /// The next decision; nil once there is none, and then `end` says why.
  public mutating func next() -> RecordedDecision? {
    guard end == nil else { return nil }
    guard data.count - offset >= DecisionFile.recordHeadBytes else { return stop(.cut) }
    let head = DecisionReader.word(data, offset)
    switch head {
    case DecisionFile.head(.decision, bytes: DecisionFile.decisionBytes):
      return decision(head)
    case DecisionFile.head(.end, bytes: DecisionFile.endBytes): return takeEnd(head)
    default: return stop(.damaged(at: offset))
    }
  }

  private mutating func decision(_ head: UInt64) -> RecordedDecision? {
    let content = offset + DecisionFile.recordHeadBytes
    guard data.count - content >= DecisionFile.decisionBytes else { return stop(.cut) }
    guard isWhole(head, content, DecisionFile.decisionBytes) else {
      return stop(.damaged(at: offset))
    }
    let start = data.startIndex + content + 8
    let bytes = data[start..<start + DecisionEvent.byteCount]
    // In range by the lines above; any bytes are a value of a bitwise copyable event.
    let event = unsafe bytes.withUnsafeBytes { raw in
      unsafe raw.loadUnaligned(as: DecisionEvent.self)
    }
    guard event.version == DecisionEvent.currentVersion, event.number > newest else {
      return stop(.damaged(at: offset))
    }
    // Its numbers rise one by one unless some were lost.
    lost &+= event.number &- newest &- 1
    newest = event.number
    recorded &+= 1
    let symbol = Symbol(word: DecisionReader.word(data, content))
    offset = content + DecisionFile.decisionBytes
    return RecordedDecision(event, symbol: symbol.isPrintable ? symbol : nil)
  }

  private mutating func takeEnd(_ head: UInt64) -> RecordedDecision? {
    let content = offset + DecisionFile.recordHeadBytes
    guard data.count - content >= DecisionFile.endBytes else { return stop(.cut) }
    let stated = (DecisionReader.word(data, content), DecisionReader.word(data, content + 8))
    guard isWhole(head, content, DecisionFile.endBytes), stated.0 == recorded, stated.1 >= lost,
      data.count == content + DecisionFile.endBytes
    else { return stop(.damaged(at: offset)) }
    lost = stated.1
    return stop(.whole)
  }

  private mutating func stop(_ end: DecisionFileEnd) -> RecordedDecision? {
    self.end = end
    return nil
  }

  private func isWhole(_ head: UInt64, _ content: Int, _ bytes: Int) -> Bool {
    var check = DecisionFile.Check()
    check.add(head)
    for at in stride(from: content, to: content + bytes, by: 8) {
      check.add(DecisionReader.word(data, at))
    }
    return check.value == DecisionReader.word(data, offset + 8)
  }

  /// Traps unless it lies within: whoever asks has looked.
  private static func word(_ data: Data, _ offset: Int) -> UInt64 {
    UInt64(half(data, offset)) | UInt64(half(data, offset + 4)) << 32
  }

  private static func half(_ data: Data, _ offset: Int) -> UInt32 {
    precondition(offset >= 0 && offset <= data.count - 4, "read outside the file")
    // In range by the line above.
    return unsafe data.withUnsafeBytes { raw in
      UInt32(littleEndian: unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
  }
}
