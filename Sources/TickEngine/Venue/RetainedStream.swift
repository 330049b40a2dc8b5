import TickWire

/// The sequenced packets of one account, as they go over the wire, kept for replay. A connection
/// sends straight out of it, from a cursor; a replay is a cursor further back.
///
/// Memory grows by a chunk at a time up to a limit; beyond it the oldest chunk is forgotten.
struct RetainedStream {
  private struct Chunk {
    let memory: VenueMemory
    var used = 0
    /// Sequence of its first packet.
    let firstSequence: UInt64
    /// Bytes of the stream before it.
    let firstByte: Int
  }

  /// A place between two bytes of the stream.
  struct Cursor: Equatable {
    /// Counted from the stream's beginning, forgotten chunks included.
    var chunk: Int
    var offset: Int
  }

  private var chunks: [Chunk] = []
  /// Chunks forgotten.
  private var forgotten = 0
  private let chunkBytes: Int
  private let chunksMax: Int
  /// The sequence that the next packet will have.
  private(set) var nextSequence: UInt64 = 1
  private(set) var messagesForgotten: UInt64 = 0

  init(chunkBytes: Int, bytesMax: Int) {
    precondition(chunkBytes >= 4_096)
    self.chunkBytes = chunkBytes
    // One to write and one to read at least.
    chunksMax = max(2, bytesMax / chunkBytes)
    chunks.append(
      Chunk(memory: VenueMemory(count: chunkBytes), firstSequence: 1, firstByte: 0))
  }

  /// Room for one packet; `commit` says how long it became.
  mutating func claim() -> MutableBytes {
    let room = SoupBin.headerLength + Ouch50.messageLengthMax
    if chunkBytes - chunks[chunks.count - 1].used < room { grow() }
    let chunk = chunks[chunks.count - 1]
    return chunk.memory.bytes.slice(at: chunk.used, count: chunkBytes - chunk.used)
  }

  mutating func commit(_ length: Int) {
    chunks[chunks.count - 1].used += length
    nextSequence += 1
  }

  private mutating func grow() {
    let last = chunks[chunks.count - 1]
    if chunks.count == chunksMax {
      messagesForgotten += chunks[1].firstSequence - chunks[0].firstSequence
      chunks.removeFirst()
      forgotten += 1
    }
    chunks.append(
      Chunk(
        memory: VenueMemory(count: chunkBytes), firstSequence: nextSequence,
        firstByte: last.firstByte + last.used))
  }

  /// The place after the last packet.
  var end: Cursor {
    Cursor(chunk: forgotten + chunks.count - 1, offset: chunks[chunks.count - 1].used)
  }

  /// The place before the packet with this sequence; nil if it is forgotten or still to come
  /// (`nextSequence` itself is the end). Walks the packets of one chunk.
  func cursor(at sequence: UInt64) -> Cursor? {
    guard sequence <= nextSequence,
      let index = chunks.lastIndex(where: { $0.firstSequence <= sequence })
    else { return nil }
    let chunk = chunks[index]
    var offset = 0
    for _ in chunk.firstSequence..<sequence {
      offset += 2 + Int(chunk.memory.bytes.bytes.u16be(offset))
    }
    return Cursor(chunk: forgotten + index, offset: offset)
  }

  /// Bytes of the stream before a place; nil if it is forgotten.
  func position(of cursor: Cursor) -> Int? {
    guard cursor.chunk >= forgotten else { return nil }
    return chunks[cursor.chunk - forgotten].firstByte + cursor.offset
  }

  /// What there is to send from a place, as far as it lies together: empty at the end.
  func pending(at cursor: inout Cursor) -> Bytes {
    var chunk = chunks[cursor.chunk - forgotten]
    if cursor.offset == chunk.used, cursor.chunk - forgotten + 1 < chunks.count {
      cursor = Cursor(chunk: cursor.chunk + 1, offset: 0)
      chunk = chunks[cursor.chunk - forgotten]
    }
    return chunk.memory.bytes.bytes.slice(at: cursor.offset, count: chunk.used - cursor.offset)
  }
}
