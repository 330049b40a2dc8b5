/// A fixed number of elements allocated once, for state that a hot loop changes in place: unlike
/// `Array` it is never copied on write, so reaching an element costs a bounds check and no
/// question about who else holds it.
///
/// - Ownership: owns its elements; noncopyable, freed at the end of its one owner.
/// - Thread safety: one thread at a time.
@safe
struct FixedArray<Element: ~Copyable>: ~Copyable {
  // This type is where the pointer is; every access is checked against `count`.
  private let base: UnsafeMutablePointer<Element>
  let count: Int

  init(count: Int, _ element: (Int) -> Element) {
    precondition(count >= 0)
    self.count = count
    unsafe base = .allocate(capacity: max(count, 1))
    for index in 0..<count { unsafe (base + index).initialize(to: element(index)) }
  }

  deinit {
    unsafe base.deinitialize(count: count)
    unsafe base.deallocate()
  }

  subscript(index: Int) -> Element {
    @inline(__always) _read {
      precondition(index >= 0 && index < count, "index outside the array")
      yield unsafe base[index]
    }
    @inline(__always) _modify {
      precondition(index >= 0 && index < count, "index outside the array")
      yield unsafe &base[index]
    }
  }
}

// Elements move with their owner and are reached through it alone.
extension FixedArray: @unchecked Sendable where Element: Sendable & ~Copyable {}
