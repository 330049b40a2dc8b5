import TickWire

/// The messages that a publisher has sent, by sequence, for those who ask again: as many as the
/// memory holds; beyond that the oldest are forgotten.
///
/// Thread: the publisher's, which appends between sends and looks up for its request server; there
/// is no other. Memory: all allocated at the start; each message lies in one piece. Cost: a copy to
/// append; a look-up is two reads. Failure: what is forgotten or still to come is nil.
public struct RetainedMessages: ~Copyable {
  /// The stream that the sequences are of.
  public private(set) var session: MoldUdp64Session
  /// The sequence that the next message will have.
  public private(set) var nextSequence: UInt64 = 1
  /// Sequence of the oldest message that is kept; `nextSequence` if there is none.
  public private(set) var firstSequence: UInt64 = 1
  /// Messages no longer kept, of all sessions.
  public private(set) var forgotten: UInt64 = 0

  /// The place of sequence n, at n modulo the capacity.
  private let places: Slab<RetainedPlace>
  private let memory: Slab<UInt8>
  private let placeMask: UInt64
  private var end: UInt64 = 0

  /// - Parameters:
  ///   - messagesMax: rounded up to a power of two.
  ///   - bytesMax: must hold one datagram at the least.
  public init(session: MoldUdp64Session, messagesMax: Int, bytesMax: Int) {
    precondition(messagesMax >= 1 && messagesMax <= 1 << 32)
    precondition(bytesMax >= MoldUdp64Writer.datagramBytesMax)
    let capacity = Self.capacity(messagesMax)
    self.session = session
    places = Slab(count: capacity, repeating: RetainedPlace(position: 0, length: 0))
    placeMask = UInt64(capacity - 1)
    memory = Slab(count: bytesMax, repeating: 0)
  }

  private static func capacity(_ messagesMax: Int) -> Int {
    var capacity = 1
    while capacity < messagesMax { capacity *= 2 }
    return capacity
  }

  /// What such a store takes.
  static func byteCount(messagesMax: Int, bytesMax: Int) -> Int {
    capacity(messagesMax) * MemoryLayout<RetainedPlace>.stride + bytesMax
  }

  /// Messages kept.
  public var count: Int { Int(nextSequence - firstSequence) }

  /// A new session: what was kept is forgotten, and sequences begin at 1.
  public mutating func restart(_ session: MoldUdp64Session) {
    forgotten += UInt64(count)
    self.session = session
    firstSequence = 1
    nextSequence = 1
    end = 0
  }

  /// Keeps a message under `nextSequence`. One that is larger than all the memory forgets
  /// everything, itself included.
  public mutating func append(_ message: Bytes) {
    guard message.count <= memory.count else {
      forgetAll(before: nextSequence + 1)
      nextSequence += 1
      return
    }
    let size = UInt64(memory.count)
    let left = size - end % size
    let position = left < UInt64(message.count) ? end + left : end
    let newEnd = position + UInt64(message.count)
    while firstSequence < nextSequence, !hasRoom(until: newEnd) { forgetOldest() }
    unsafe memory.mutableBytes.put(message, at: Int(position % size))
    places[Int(nextSequence & placeMask)] = RetainedPlace(position: position, length: message.count)
    end = newEnd
    nextSequence += 1
  }

  /// Whether the oldest message survives if the memory is written up to `newEnd`.
  private func hasRoom(until newEnd: UInt64) -> Bool {
    let oldest = places[Int(firstSequence & placeMask)]
    return count < places.count && newEnd - oldest.position <= UInt64(memory.count)
  }

  private mutating func forgetOldest() { forgetAll(before: firstSequence + 1) }

  private mutating func forgetAll(before sequence: UInt64) {
    forgotten += sequence - firstSequence
    firstSequence = sequence
  }

  /// The message with this sequence, valid until the next `append`; nil if it is forgotten or
  /// still to come.
  public func message(_ sequence: UInt64) -> Bytes? {
    guard sequence >= firstSequence, sequence < nextSequence else { return nil }
    let place = places[Int(sequence & placeMask)]
    let offset = Int(place.position % UInt64(memory.count))
    return unsafe memory.mutableBytes.bytes.slice(at: offset, count: place.length)
  }

  /// Builds the one datagram that answers `request`: the messages wanted from the first on, as many
  /// as are kept and fit. Returns its length; 0 if there is nothing to answer with.
  public func answer(_ request: MoldUdp64Request, with writer: inout MoldUdp64Writer) -> Int {
    guard request.session == session else { return 0 }
    writer.begin(session, firstSequence: request.firstSequence)
    // A datagram bounds the work, however many are wanted.
    while writer.messageCount < request.messageCount,
      let message = message(writer.nextSequence), writer.add(message)
    {}
    return writer.isEmpty ? 0 : writer.finish()
  }
}

/// Where a message lies.
struct RetainedPlace: BitwiseCopyable {
  /// Bytes ever written before the message, those skipped at the memory's end included.
  var position: UInt64
  var length: Int
}
