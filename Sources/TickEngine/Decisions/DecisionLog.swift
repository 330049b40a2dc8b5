import TickRing

/// A sixth of a decision in a ring of 64-byte slots.
struct DecisionPiece: RingRecord, BitwiseCopyable {
  static var regionKind: RegionKind { .events }
  /// In a decision.
  static let each = 6

  var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)
}

typealias DecisionProducer = RecordProducer<DecisionPiece>
typealias DecisionConsumer = RecordConsumer<DecisionPiece>

/// Where the sender leaves its decisions, for whoever records them.
///
/// Hot path. Thread: the sender's. Lines written: six slots of the ring for each decision; without
/// a ring none, and all that is left is one branch. No allocation. Never waits: a decision that
/// finds no room is lost, and counted in the ring (`full`) and by the next one's number.
struct DecisionLog: ~Copyable {
  private var ring: DecisionProducer?
  /// Decisions so far, the lost ones with them.
  private(set) var made: UInt64 = 0
  private(set) var lost: UInt64 = 0
  /// Whether decisions are left; only where there is a ring.
  var isOn: Bool

  /// Nobody records.
  init() {
    ring = nil
    isOn = false
  }

  init(_ ring: consuming DecisionProducer) {
    self.ring = .some(consume ring)
    isOn = true
  }

  /// Numbers the decision and leaves it, or counts it.
  mutating func write(_ event: inout DecisionEvent) {
    made &+= 1
    event.number = made
    if ring?.publish(event) == false { lost &+= 1 }
  }

  /// For the operator; nil: nothing was lost.
  var lostNote: String? {
    lost == 0
      ? nil : "\(lost) of \(made) decisions were lost: the recorder did not keep up with them"
  }

  /// Slots published.
  var published: UInt64 { (made - lost) * UInt64(DecisionPiece.each) }
}

extension RecordProducer where Record == DecisionPiece {
  /// Publishes all of a decision, or nothing of it: false, and counted, when full.
  @inline(__always)
  mutating func publish(_ event: DecisionEvent) -> Bool {
    guard claim(DecisionPiece.each) == DecisionPiece.each else {
      countFull()
      return false
    }
    // Six pieces of 56 bytes are the event's 336.
    unsafe withUnsafeBytes(of: event) { raw in
      for index in 0..<DecisionPiece.each {
        set(index, to: unsafe raw.loadUnaligned(fromByteOffset: index * 56, as: DecisionPiece.self))
      }
    }
    commit(DecisionPiece.each)
    return true
  }
}

extension RecordConsumer where Record == DecisionPiece {
  /// Takes the next decision; false when there is none.
  mutating func poll(_ event: inout DecisionEvent) -> Bool {
    guard peek(DecisionPiece.each) == DecisionPiece.each else { return false }
    unsafe withUnsafeMutableBytes(of: &event) { raw in
      for index in 0..<DecisionPiece.each {
        unsafe raw.storeBytes(
          of: peeked(index), toByteOffset: index * 56, as: DecisionPiece.self)
      }
    }
    advance(DecisionPiece.each)
    return true
  }
}
