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

  /// Makes `count` elements, the n-th by `make(n)`.
  public init<E: Error>(count: Int, _ make: (Int) throws(E) -> Element) throws(E) {
    precondition(count >= 0)
    // Not `self.base` yet: what is thrown out of a whole value runs its deinit as well.
    let made = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
    var madeCount = 0
    do throws(E) {
      while madeCount < count {
        unsafe (made + madeCount).initialize(to: try make(madeCount))
        madeCount += 1
      }
    } catch {
      unsafe made.deinitialize(count: madeCount)
      unsafe made.deallocate()
      throw error
    }
    unsafe base = made
    self.count = count
  }

  deinit {
    unsafe base.deinitialize(count: count)
    unsafe base.deallocate()
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

extension Slab where Element: BitwiseCopyable {
  public init(count: Int, repeating value: Element) {
    self.init(count: count) { _ in value }
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
