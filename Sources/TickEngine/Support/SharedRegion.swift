import TickRing

/// A region that several roles attach to. The first attachment is kept so that others can be made;
/// unless its own memory is used, it may be untouched.
final class SharedRegion: Sendable {
  private let region: Region
  init(_ region: consuming Region) { self.region = region }
  func attach(untouched: Bool = false) throws(RingError) -> Region {
    try region.duplicate(untouched: untouched)
  }

  var capacity: Int { region.capacity }
  /// The body's, in regions of 64-byte lines.
  var byteCount: Int { region.capacity * 64 }
  /// Valid as long as this lives.
  @unsafe var memory: UnsafeMutableRawPointer { unsafe region.memory }
}
