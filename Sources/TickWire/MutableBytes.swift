/// A writable view of bytes that somebody else keeps alive: a send buffer, a packet under
/// construction. The writing twin of `Bytes`, under the same rules: it owns nothing, and a write
/// outside `count` traps.
///
/// - Thread safety: one writer, and nobody reading meanwhile.
@safe @frozen
public struct MutableBytes: @unchecked Sendable {
  @usableFromInline let base: UnsafeMutableRawPointer
  /// Length in bytes.
  public let count: Int

  @unsafe @inlinable
  public init(_ base: UnsafeMutableRawPointer, count: Int) {
    precondition(count >= 0)
    unsafe self.base = base
    self.count = count
  }

  /// The same memory, to read.
  @inlinable public var bytes: Bytes { unsafe Bytes(UnsafeRawPointer(base), count: count) }

  /// A view of a part. Traps unless it lies within.
  @inlinable
  public func slice(at offset: Int, count length: Int) -> MutableBytes {
    precondition(bytes.has(length, at: offset), "slice outside the bytes")
    return unsafe MutableBytes(base + offset, count: length)
  }

  @inlinable @inline(__always)
  func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    precondition(bytes.has(MemoryLayout<T>.size, at: offset), "write outside the bytes")
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  @inlinable public func put(u8 value: UInt8, at offset: Int) { store(value, at: offset) }
  @inlinable public func put(u16le value: UInt16, at offset: Int) {
    store(value.littleEndian, at: offset)
  }
  @inlinable public func put(u32le value: UInt32, at offset: Int) {
    store(value.littleEndian, at: offset)
  }
  @inlinable public func put(u64le value: UInt64, at offset: Int) {
    store(value.littleEndian, at: offset)
  }
  @inlinable public func put(i64le value: Int64, at offset: Int) {
    store(value.littleEndian, at: offset)
  }
  @inlinable public func put(u16be value: UInt16, at offset: Int) {
    store(value.bigEndian, at: offset)
  }
  @inlinable public func put(u32be value: UInt32, at offset: Int) {
    store(value.bigEndian, at: offset)
  }
  @inlinable public func put(u64be value: UInt64, at offset: Int) {
    store(value.bigEndian, at: offset)
  }

  /// Copies all of `source` here. Traps unless it fits.
  @inlinable
  public func put(_ source: Bytes, at offset: Int) {
    precondition(bytes.has(source.count, at: offset), "write outside the bytes")
    unsafe source.withUnsafeBytes { raw in
      guard let from = raw.baseAddress, raw.count > 0 else { return }
      unsafe (base + offset).copyMemory(from: from, byteCount: raw.count)
    }
  }

  /// Fills `length` bytes with `value`.
  @inlinable
  public func fill(_ value: UInt8, at offset: Int, count length: Int) {
    precondition(bytes.has(length, at: offset), "write outside the bytes")
    unsafe (base + offset).initializeMemory(as: UInt8.self, repeating: value, count: length)
  }
}

extension MutableBytes {
  /// Calls `body` with the bytes, for the kernel to write.
  @unsafe @inlinable
  public func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: count))
  }
}
