import CLinux
import CTickRing
import Glibc
import TickWire

/// A fixed array, allocated once at start and freed with its owner: what tables and pools of the
/// hot path are made of. Bounds are checked; elements are reached in place, so nothing is copied,
/// retained or made unique as an `Array` would be.
///
/// - Thread safety: one thread at a time.
@safe
public struct Slab<Element: ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let count: Int
  /// Where the elements lie, if not in memory of our own.
  private let region: SharedRegion?

  /// Makes `count` elements, the n-th by `make(n)`.
  public init<E: Error>(count: Int, _ make: (Int) throws(E) -> Element) throws(E) {
    precondition(count >= 0)
    // Not `self.base` yet: what is thrown out of a whole value runs its deinit as well.
    let made = unsafe Slab.allocate(count)
    var madeCount = 0
    do throws(E) {
      while madeCount < count {
        unsafe (made + madeCount).initialize(to: try make(madeCount))
        madeCount += 1
      }
    } catch {
      unsafe made.deinitialize(count: madeCount)
      unsafe Slab.free(made, count)
      throw error
    }
    unsafe Slab.settle(made, count, of: count)
    unsafe base = made
    self.count = count
    region = nil
  }

  private init(adopting base: UnsafeMutablePointer<Element>, count: Int, region: SharedRegion?) {
    unsafe self.base = base
    self.count = count
    self.region = region
  }

  /// A slab begins where a cache line does, so that no small element lies across two: the second
  /// would be fetched by nobody. One of a huge page or more begins where such a page does, of which
  /// it is made if the kernel has some: it is then touched in a twentieth of the time, which a
  /// role's start consists of, and a look at a place that nobody expects costs a walk less.
  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
    let line = 64
    let (byteCount, isHuge) = size(count)
    let alignment = max(MemoryLayout<Element>.alignment, line)
    let bytes =
      isHuge
      ? unsafe clinux_map_huge(UInt64(byteCount), UInt64(hugePage))
      : UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: alignment)
    guard let bytes = unsafe bytes else { fatalError("no memory for \(byteCount) bytes") }
    return unsafe bytes.bindMemory(to: Element.self, capacity: count)
  }

  private static func free(_ made: UnsafeMutablePointer<Element>, _ count: Int) {
    let (byteCount, isHuge) = size(count)
    if isHuge { unsafe munmap(made, byteCount) } else { unsafe made.deallocate() }
  }

  /// The first elements are made, and their pages are what they will be.
  private static func settle(_ made: UnsafeMutablePointer<Element>, _ first: Int, of count: Int) {
    guard size(count).isHuge else { return }
    unsafe LatePages.settle(
      UnsafeMutableRawBufferPointer(start: made, count: wholePages(first)))
  }

  /// What elements take, and whether it is huge pages.
  private static func size(_ count: Int) -> (byteCount: Int, isHuge: Bool) {
    let needed = max(1, count) * MemoryLayout<Element>.stride
    guard needed >= hugePage else { return (needed, false) }
    // Its end, too: half a huge page in small ones takes as long as five huge ones.
    return (wholePages(count), true)
  }

  private static func wholePages(_ count: Int) -> Int {
    (count * MemoryLayout<Element>.stride + hugePage - 1) / hugePage * hugePage
  }

  private static var hugePage: Int { 1 << 21 }

  deinit {
    guard region == nil else { return }
    unsafe base.deinitialize(count: count)
    unsafe Slab.free(base, count)
  }

  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always) _read {
      precondition(index >= 0 && index < count, "slab index out of range")
      yield unsafe base[index]
    }
    @inline(__always) nonmutating _modify {
      precondition(index >= 0 && index < count, "slab index out of range")
      yield unsafe &base[index]
    }
  }
}

extension Slab where Element: ~Copyable {
  /// Fetches the cache line of an element that will be read soon.
  @inlinable @inline(__always)
  func prefetch(_ index: Int) {
    precondition(index >= 0 && index < count, "slab index out of range")
    unsafe tickring_prefetch(base + index)
  }
}

extension Slab where Element: BitwiseCopyable {
  public init(count: Int, repeating value: Element) {
    precondition(count >= 0)
    let made = unsafe Slab.allocate(count)
    unsafe made.initialize(repeating: value, count: count)
    unsafe Slab.settle(made, count, of: count)
    unsafe self.init(adopting: made, count: count, region: nil)
  }

  /// Elements that are all zeros. If they take huge pages, only those of the first `touched` are
  /// had at once; the others come with `latePages`, or else each at its first use.
  init(zeros count: Int, as zero: Element, touching touched: Int) {
    precondition((0...count).contains(touched))
    precondition(unsafe withUnsafeBytes(of: zero) { bytes in unsafe bytes.allSatisfy { $0 == 0 } })
    let made = unsafe Slab.allocate(count)
    let written = Slab.size(count).isHuge ? touched : count
    unsafe made.initialize(repeating: zero, count: written)
    unsafe Slab.settle(made, written, of: count)
    unsafe self.init(adopting: made, count: count, region: nil)
  }

  /// What `init(zeros:as:touching:)` left for later.
  ///
  /// - Safety: they are used while the slab lives.
  @unsafe
  func latePages(touched: Int) -> [LatePages] {
    let (byteCount, isHuge) = Slab.size(count)
    let first = Slab.wholePages(touched)
    guard isHuge, first < byteCount else { return [] }
    return unsafe LatePages.pieces(
      of: UnsafeMutableRawBufferPointer(
        start: UnsafeMutableRawPointer(base) + first, count: byteCount - first))
  }

  /// Elements that lie in a region, from one of its lines on, and outlive the process: what a role
  /// leaves to its successor. New ones are all zeros. After a SIGKILL one may be half of what was
  /// being written.
  ///
  /// - Safety: `Element` is valid for any bytes, and nobody else writes these lines.
  @unsafe
  init(in region: SharedRegion, line: Int, count: Int) {
    precondition(
      count >= 0 && line >= 0 && MemoryLayout<Element>.alignment <= 64
        && line * 64 + count * MemoryLayout<Element>.stride <= region.byteCount,
      "no such part of the region")
    let first = unsafe (region.memory + line * 64).assumingMemoryBound(to: Element.self)
    unsafe self.init(adopting: first, count: count, region: region)
  }

  /// Sets all elements, or the first `prefix` of them.
  public func fill(_ value: Element, prefix: Int? = nil) {
    let length = min(prefix ?? count, count)
    precondition(length >= 0, "a negative number of elements")
    unsafe base.update(repeating: value, count: length)
  }
}

extension Slab<UInt8> {
  /// The bytes, to write: valid as long as the slab lives.
  @unsafe var mutableBytes: MutableBytes { unsafe MutableBytes(base, count: count) }
}
