import TickWire

/// Bytes on the heap that free themselves: the only place of the venue that allocates raw memory.
/// Used by the venue's one thread. Safe because the pointer is seen through checked views only.
@safe
final class VenueMemory: @unchecked Sendable {
  /// Valid as long as this object is.
  let bytes: MutableBytes
  private let memory: UnsafeMutableRawPointer

  init(count: Int) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    unsafe self.memory = memory
    unsafe bytes = MutableBytes(memory, count: count)
  }

  deinit { unsafe memory.deallocate() }
}
