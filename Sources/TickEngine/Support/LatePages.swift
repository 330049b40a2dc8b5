import CLinux
import Glibc

/// Memory that a role has, and does not need to start with: its pages come once it is ready, a
/// piece at a time, while the role's own thread is at work. Nothing that is there changes.
///
/// Thread safety: any thread, as long as the memory is there.
@safe struct LatePages {
  /// What a piece takes at most, and how long whoever touches it is away: a millisecond or less.
  private static let pieceBytes = 2 << 20

  private let piece: UnsafeMutableRawBufferPointer

  /// A range in pieces, each but the first beginning where a huge page may.
  ///
  /// - Safety: the range is there, and may be written, as long as the pieces are used.
  @unsafe
  static func pieces(of range: UnsafeMutableRawBufferPointer) -> [LatePages] {
    guard let base = range.baseAddress else { return [] }
    let (first, end) = (UInt(bitPattern: base), UInt(bitPattern: base) + UInt(range.count))
    let size = UInt(pieceBytes)
    return stride(from: first / size * size, to: end, by: pieceBytes).map { at in
      let (begin, next) = (max(at, first), min(at + size, end))
      return unsafe LatePages(
        piece: UnsafeMutableRawBufferPointer(
          rebasing: range[Int(begin - first)..<Int(next - first)]))
    }
  }

  func touch() {
    unsafe clinux_touch(piece.baseAddress, UInt64(piece.count))
    unsafe LatePages.settle(piece)
  }

  /// The pages of a range are what they will be: the kernel must not put small ones together
  /// later, behind the back of whoever uses them. Those that are huge stay so.
  static func settle(_ range: UnsafeMutableRawBufferPointer) {
    _ = unsafe madvise(range.baseAddress, range.count, MADV_NOHUGEPAGE)
  }
}
