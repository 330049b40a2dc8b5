import CZlib
import Glibc

/// Inflates gzip (RFC 1952, members one after another allowed) into a heap block that grows by
/// doubling; above a few hundred kilobytes glibc grows a block by remapping, without a copy.
///
/// A damaged or cut stream is not an error: what inflated before the damage is kept, and
/// `isTailCut` says so.
struct CaptureInflation: ~Copyable {
  let memory: CaptureMemory
  let isTailCut: Bool

  static func isGzip(_ bytes: Bytes) -> Bool {
    bytes.has(2, at: 0) && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// - Parameter limitBytes: the most memory the content may take; nil is three quarters of
  ///   the machine's, so that a compression bomb is an error and not a killed process.
  init(_ source: Bytes, path: String, limitBytes: Int?) throws(CaptureError) {
    let limit = limitBytes ?? CaptureInflation.machineLimitBytes()
    var stream = unsafe InflateStream(source, limitBytes: limit)
    let outcome = unsafe stream.run()
    if outcome == .outOfMemory {
      unsafe stream.discard()
      throw .outOfMemory(path: path, limitBytes: limit)
    }
    guard unsafe stream.produced > 0 else {
      unsafe stream.discard()
      throw outcome == .whole ? .empty(path: path) : .damagedGzip(path: path)
    }
    memory = unsafe stream.take()
    isTailCut = outcome == .cut
  }

  /// The content, to be owned by the caller.
  consuming func releaseMemory() -> CaptureMemory { memory }

  private static func machineLimitBytes() -> Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let pageBytes = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && pageBytes > 0 ? pages / 4 * 3 * pageBytes : 1 << 30
  }
}

/// One inflation under way. Unsafe because it holds a raw block until `take` or `discard`.
@unsafe
private struct InflateStream {
  enum Outcome { case whole, cut, outOfMemory }
  private enum Step { case more, memberEnd, damaged, full }

  /// zlib counts in 32 bits, so long input and output are offered in parts.
  private static let partBytesMax = 1 << 30

  private let source: Bytes
  private let limitBytes: Int
  private var consumed = 0
  private(set) var produced = 0
  private var block: UnsafeMutableRawPointer?
  private var capacity = 0

  init(_ source: Bytes, limitBytes: Int) {
    unsafe self.source = source
    unsafe self.limitBytes = max(limitBytes, 0)
  }

  mutating func run() -> Outcome {
    var z = unsafe z_stream()
    // 15 bits of window, +16: gzip and nothing else.
    guard
      unsafe inflateInit2_(
        &z, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return .outOfMemory }
    defer { unsafe inflateEnd(&z) }
    while true {
      guard unsafe produced < capacity || grow() else { return .outOfMemory }
      switch unsafe step(&z) {
      case .more: continue
      case .full: return .outOfMemory
      case .damaged: return .cut
      case .memberEnd:
        guard unsafe anotherMemberFollows() else {
          return unsafe restIsPadding() ? .whole : .cut
        }
        unsafe inflateReset(&z)
      }
    }
  }

  private mutating func step(_ z: inout z_stream) -> Step {
    let offered = unsafe min(source.count - consumed, InflateStream.partBytesMax)
    let room = unsafe min(capacity - produced, InflateStream.partBytesMax)
    let code = unsafe source.withUnsafeBytes { input -> Int32 in
      // zlib reads through this pointer and never writes, though its type does not say so.
      unsafe z.next_in = UnsafeMutablePointer(
        mutating: (input.baseAddress! + consumed).assumingMemoryBound(to: UInt8.self))
      unsafe z.avail_in = UInt32(offered)
      unsafe z.next_out = (block! + produced).assumingMemoryBound(to: UInt8.self)
      unsafe z.avail_out = UInt32(room)
      return unsafe inflate(&z, Z_NO_FLUSH)
    }
    let read = unsafe offered - Int(z.avail_in)
    let written = unsafe room - Int(z.avail_out)
    unsafe consumed += read
    unsafe produced += written
    switch code {
    case Z_STREAM_END: return .memberEnd
    case Z_MEM_ERROR: return .full
    case Z_OK where read > 0 || written > 0: return .more
    default: return .damaged
    }
  }

  private func anotherMemberFollows() -> Bool {
    unsafe source.has(2, at: consumed) && source[consumed] == 0x1F
      && source[consumed + 1] == 0x8B
  }

  /// Tapes and some copiers fill the last block with zeroes; anything else is damage.
  private func restIsPadding() -> Bool {
    unsafe (consumed..<source.count).allSatisfy { unsafe source[$0] == 0 }
  }

  private mutating func grow() -> Bool {
    guard unsafe capacity < limitBytes else { return false }
    let first = unsafe max(1 << 16, source.count * 4)
    let wanted = unsafe min(limitBytes, capacity == 0 ? first : capacity * 2)
    guard let grown = unsafe realloc(block, wanted) else { return false }
    unsafe block = grown
    unsafe capacity = wanted
    return true
  }

  mutating func discard() {
    unsafe free(block)
    unsafe block = nil
  }

  /// Hands the block over, cut to its content. Only after something was produced.
  mutating func take() -> CaptureMemory {
    let fitted = unsafe realloc(block, produced) ?? block!
    unsafe block = nil
    return unsafe CaptureMemory(takingHeap: fitted, count: produced)
  }
}
