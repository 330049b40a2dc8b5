import CTickRing

/// Elements of 64 bytes in a region that outlives its process: what a successor finds of what its
/// predecessor had in hand.
///
/// The elements are plain memory, written by the one owner. After a SIGKILL an element may be half
/// of what was being written: a successor believes none before something else confirms it.
///
/// - Thread safety: one thread at a time, in all processes together (the writer's role).
public struct SharedSlab<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  private let region: Region
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let count: Int

  /// Takes over the writer's role. Throws if another writer lives. The region must be new, or hold
  /// this type's elements: `Element` must be valid for any bytes.
  public init(claiming region: consuming Region, _ kind: RegionKind) throws(RingError) {
    precondition(
      MemoryLayout<Element>.size == 64 && MemoryLayout<Element>.stride == 64,
      "an element of a shared slab is a line")
    try region.claimWriter(kind)
    base = UnsafeMutableRawPointer(region.words).assumingMemoryBound(to: Element.self)
    count = region.capacity
    self.region = region
  }

  /// Keeps what was written before it before what is written after it, also for whoever comes after
  /// a death in between. On x86-64 it binds the compiler alone.
  @inlinable public func fence() { tickring_fence_release() }

  /// Fetches the line of an element that will be read or written soon.
  @inlinable @inline(__always)
  public func prefetch(_ index: Int) {
    precondition(index >= 0 && index < count, "slab index out of range")
    tickring_prefetch(base + index)
  }

  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always) _read {
      precondition(index >= 0 && index < count, "slab index out of range")
      yield base[index]
    }
    @inline(__always) nonmutating _modify {
      precondition(index >= 0 && index < count, "slab index out of range")
      yield &base[index]
    }
  }
}
