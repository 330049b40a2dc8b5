import TickRing
import TickWire

/// Part of a message on its way to the recorder: 56 bytes of {length u16 big-endian, message} laid
/// end to end over as many slots as it takes. The first slot tells how many follow.
struct MessageChunk: BitwiseCopyable, RingRecord {
  static var regionKind: RegionKind { .events }
  static let byteCount = 56

  var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)

  static func count(for message: Int) -> Int { (message + 2 + byteCount - 1) / byteCount }
}

/// The ingester's end: hands messages to the recorder without touching a file.
///
/// Hot path. Thread: the ingester. A message appears whole. A full ring is waited for, unless the
/// run is failing.
struct MessageWriter: ~Copyable {
  private var ring: RecordProducer<MessageChunk>
  private let control: ControlPage
  private let waitPolicy: WaitPolicy

  init(
    _ ring: consuming RecordProducer<MessageChunk>, control: consuming ControlPage,
    waitPolicy: WaitPolicy
  ) {
    self.ring = ring
    self.control = control
    self.waitPolicy = waitPolicy
  }

  /// False: not handed over. So an empty message, which such a file cannot hold: a length of 0 ends
  /// it.
  mutating func write(_ message: Bytes) -> Bool {
    let chunks = MessageChunk.count(for: message.count)
    guard message.count > 0, ring.claim(chunks) == chunks || waitForRoom(chunks) else {
      return false
    }
    var from = 0
    for index in 0..<chunks {
      var chunk = MessageChunk()
      // The chunk is a local value, and the view of it ends with the closure.
      unsafe withUnsafeMutableBytes(of: &chunk) { raw in
        let target = unsafe MutableBytes(raw.baseAddress!, count: MessageChunk.byteCount)
        let head = index == 0 ? 2 : 0
        if index == 0 { target.put(u16be: UInt16(truncatingIfNeeded: message.count), at: 0) }
        let length = min(MessageChunk.byteCount - head, message.count - from)
        target.put(message.slice(at: from, count: length), at: head)
        from += length
      }
      ring.set(index, to: chunk)
    }
    ring.commit(chunks)
    return true
  }

  @inline(never)
  private mutating func waitForRoom(_ chunks: Int) -> Bool {
    var backoff = Backoff(waitPolicy)
    while ring.claim(chunks) != chunks {
      if control.read(.failed) != 0 { return false }
      backoff.wait()
    }
    return true
  }
}

/// Writes recovered messages to a file as they came, each after its u16 length: the form of
/// NASDAQ's own ITCH files. The file has its name once the run has ended well; that of a run that
/// failed is `.partial` (`RecordingFile`).
///
/// Thread: its own; not a hot path, but its ring is waited for.
struct MessageRecorder: ~Copyable, DrainingRole {
  private var ring: RecordConsumer<MessageChunk>
  private let file: RecordingFile
  private let control: ControlPage
  /// Bytes of the message in hand that are still to come.
  private var left = 0
  private(set) var messages: UInt64 = 0

  init(
    _ ring: consuming RecordConsumer<MessageChunk>, file: RecordingFile,
    control: consuming ControlPage
  ) {
    self.ring = ring
    self.file = file
    self.control = control
  }

  var name: String { "recorder" }

  var isStopping: Bool { control.read(.stopRecorder) != 0 }

  mutating func finish() throws {
    try file.flush()
    try file.commit(isPartial: control.read(.failed) != 0)
  }

  mutating func drain() throws -> Bool {
    var chunk = MessageChunk()
    var isBusy = false
    while ring.poll(&chunk) {
      isBusy = true
      try unsafe withUnsafeBytes(of: chunk) { raw in
        let bytes = unsafe Bytes(raw)
        if left == 0 {
          left = Int(bytes.u16be(0)) + 2
          messages += 1
        }
        let length = min(left, MessageChunk.byteCount)
        try file.write(bytes.slice(at: 0, count: length))
        left -= length
      }
    }
    try file.flushNowAndThen()
    return isBusy
  }
}
