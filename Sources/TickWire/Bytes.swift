/// A read-only view of bytes that somebody else keeps alive: a mapped capture, a receive buffer,
/// a fuzzer's input. It owns nothing, so it copies for free and allocates never.
///
/// Every read is checked against `count`; a read outside it is a programmer's error and traps.
/// A decoder therefore proves lengths first (`has`) and counts what does not fit as malformed.
///
/// - Ownership: the memory must outlive the view. The two `@unsafe` initialisers are where that
///   promise is made; nothing else in TickWire touches a pointer.
/// - Thread safety: a value; any thread may read it while nobody writes the memory.
@safe @frozen
public struct Bytes: @unchecked Sendable {
  @usableFromInline let base: UnsafeRawPointer
  /// Length in bytes.
  public let count: Int

  @unsafe @inlinable
  public init(_ base: UnsafeRawPointer, count: Int) {
    precondition(count >= 0)
    unsafe self.base = base
    self.count = count
  }

  @unsafe @inlinable
  public init(_ buffer: UnsafeRawBufferPointer) {
    // An empty buffer may have no address; any non-null one will do, since nothing can be read.
    unsafe self.base = buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    self.count = buffer.count
  }

  /// Whether `length` bytes can be read at `offset`.
  @inlinable
  public func has(_ length: Int, at offset: Int) -> Bool {
    offset >= 0 && length >= 0 && offset <= count && length <= count - offset
  }

  /// A view of a part. Traps unless `has(length, at: offset)`.
  @inlinable
  public func slice(at offset: Int, count length: Int) -> Bytes {
    precondition(has(length, at: offset), "slice outside the bytes")
    return unsafe Bytes(base + offset, count: length)
  }

  @inlinable @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
    precondition(has(MemoryLayout<T>.size, at: offset), "read outside the bytes")
    return unsafe base.loadUnaligned(fromByteOffset: offset, as: T.self)
  }

  @inlinable public subscript(offset: Int) -> UInt8 { load(offset, as: UInt8.self) }

  @inlinable public func u16le(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: load(offset, as: UInt16.self))
  }
  @inlinable public func u32le(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: load(offset, as: UInt32.self))
  }
  @inlinable public func u64le(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: load(offset, as: UInt64.self))
  }
  @inlinable public func i64le(_ offset: Int) -> Int64 { Int64(bitPattern: u64le(offset)) }

  @inlinable public func u16be(_ offset: Int) -> UInt16 {
    UInt16(bigEndian: load(offset, as: UInt16.self))
  }
  @inlinable public func u32be(_ offset: Int) -> UInt32 {
    UInt32(bigEndian: load(offset, as: UInt32.self))
  }
  @inlinable public func u64be(_ offset: Int) -> UInt64 {
    UInt64(bigEndian: load(offset, as: UInt64.self))
  }

  /// Calls `body` with the bytes, for the kernel, zlib or a file.
  @unsafe @inlinable
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
  }
}

extension Bytes {
  /// No bytes at all.
  @inlinable
  public static var none: Bytes {
    // Sound for any lifetime: of nothing, nothing can be read.
    unsafe Bytes(UnsafeRawBufferPointer(start: nil, count: 0))
  }
}
