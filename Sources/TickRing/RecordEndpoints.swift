import CTickRing

/// Hot path: as TickEndpoints.swift, for the 56-byte records of order and event rings.

/// An order asked for by a worker; the layout is that of `tickring_record.h`.
public typealias OrderRequest = OrderRequestRecord
/// What became of an order; the layout is that of `tickring_record.h`.
public typealias OrderEvent = OrderEventRecord

extension OrderEvent {
  /// All zeros: no event.
  @inlinable public static var none: OrderEvent { OrderEventRecord() }
}

/// A record that has a ring kind of its own: 56 bytes, aligned to 8.
public protocol RingRecord {
  static var regionKind: RegionKind { get }
}

extension OrderRequestRecord: RingRecord {
  public static var regionKind: RegionKind { .orders }
}

extension OrderEventRecord: RingRecord {
  public static var regionKind: RegionKind { .events }
}

/// A worker's end of its order ring.
public typealias OrderProducer = RecordProducer<OrderRequest>
/// The sender's end of it.
public typealias OrderConsumer = RecordConsumer<OrderRequest>
/// The sender's end of a worker's event ring.
public typealias EventProducer = RecordProducer<OrderEvent>
/// The worker's end of it.
public typealias EventConsumer = RecordConsumer<OrderEvent>

/// The one producer of a ring of 64-byte slots. Dropping it gives up the role.
@frozen
public struct RecordProducer<Record: RingRecord & BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline var raw: tickring_producer

  /// Takes over `region`. Throws if another producer lives, or the region is of another kind.
  public init(claiming region: consuming Region) throws(RingError) {
    precondition(MemoryLayout<Record>.size == 56, "a record is 56 bytes beside its commit word")
    raw = tickring_producer()  // first, so that what is destroyed on a throw holds nothing
    try region.open(Record.regionKind, &raw)
  }

  deinit {
    var raw = self.raw
    tickring_producer_close(&raw)
  }

  /// Publishes one record; false when full.
  @inlinable
  public mutating func publish(_ record: Record, received: UInt32 = 0) -> Bool {
    withUnsafeBytes(of: record) { bytes in tickring_publish64(&raw, bytes.baseAddress!, received) }
  }

  /// Claims up to `count` slots: how many are granted, 0 when full.
  @inlinable
  public mutating func claim(_ count: Int) -> Int {
    Int(truncatingIfNeeded: tickring_claim(&raw, UInt64(count)))
  }

  /// Writes the record in slot `index` of the claim, which stays invisible until the commit.
  @inlinable
  public mutating func set(_ index: Int, to record: Record) {
    withUnsafeBytes(of: record) { bytes in
      tickring_set64(&raw, UInt64(truncatingIfNeeded: index), bytes.baseAddress!)
    }
  }

  /// Commits the first `count` slots of the claim: they appear together. More than were granted is
  /// a programmer's error, and traps if they are more than are known to be free.
  @inlinable
  public mutating func commit(_ count: Int, received: UInt32 = 0) {
    tickring_commit64(&raw, UInt64(count), received)
  }

  /// As `TickProducer.countFull`.
  @inlinable public mutating func countFull() { tickring_count_full(&raw) }
  @inlinable public var published: UInt64 { raw.next }
  public var full: UInt64 { raw.header.pointee.full }
  public var capacity: Int { Int(raw.mask) + 1 }
  @inlinable public var advanced: UInt64 { tickring_load_acquire(&raw.header.pointee.position) }
}

/// The one consumer of a ring of 64-byte slots. Dropping it gives up the role.
@frozen
public struct RecordConsumer<Record: RingRecord & BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline var raw: tickring_consumer

  /// Takes over `region`. Throws if another consumer lives, or the region is of another kind.
  public init(claiming region: consuming Region) throws(RingError) {
    precondition(MemoryLayout<Record>.size == 56, "a record is 56 bytes beside its commit word")
    raw = tickring_consumer()  // first, so that what is destroyed on a throw holds nothing
    try region.open(Record.regionKind, &raw)
  }

  deinit {
    var raw = self.raw
    tickring_consumer_close(&raw)
  }

  /// Takes the next record; false when there is none.
  @inlinable
  public mutating func poll(_ record: inout Record) -> Bool {
    withUnsafeMutableBytes(of: &record) { bytes in tickring_poll64(&raw, bytes.baseAddress!) }
  }

  /// How many records are published ahead, up to `count`; none of them is advanced past.
  @inlinable
  public mutating func peek(_ count: Int) -> Int {
    Int(truncatingIfNeeded: tickring_peek64(&raw, UInt64(count)))
  }

  /// Record `index` of those peeked at.
  @inlinable
  public mutating func peeked(_ index: Int) -> Record {
    UnsafeRawPointer(tickring_peeked64(&raw, UInt64(truncatingIfNeeded: index)))
      .loadUnaligned(as: Record.self)
  }

  /// Advances past the first `count` of those peeked at: the producer may overwrite them.
  @inlinable public mutating func advance(_ count: Int) { tickring_advance(&raw, UInt64(count)) }

  @inlinable public var polled: UInt64 { raw.next }
  /// Times that the producer found the ring full, as it counted them.
  public var full: UInt64 { tickring_load_relaxed(&raw.header.pointee.full) }
  public var capacity: Int { Int(raw.mask) + 1 }
}
