import CLinux
import Glibc
import TickRing

/// The sender's end of the kill switch.
///
/// Hot path: `isShut`. Thread: the sender's. Lines read: the page's first, which changes when
/// somebody arms or trips; nothing is written. Ordering: one acquire load, which pairs with the
/// release of whoever changes the word. Cost: about a nanosecond, no allocation. Failure: whatever
/// the word is, other than the generation that this sender took when it started, is shut; a page
/// that somebody truncated reads 0, which is shut.
///
/// The rest is for a duty cycle in which the gate was found shut, or for now and then.
public struct KillGate: ~Copyable {
  @usableFromInline let page: KillPage
  /// The generation for which this sender may send. 0: none, and the gate is shut for good.
  @usableFromInline private(set) var generation: UInt64
  private var identity: KillPage.SenderIdentity
  private var acknowledged = GateWord(raw: 0)
  /// The count that was told last, and of which 64th of a second.
  private var told: (counted: UInt32, number: UInt64) = (0, 0)
  /// What the state directory said at start; nil without one.
  public let standing: GateStanding?
  /// Strategies that a predecessor left switched off (RM9), in memory or in the state directory:
  /// bit n - 1 is strategy n. All of them, if it died in the middle of telling.
  let strategiesOff: UInt64
  /// Where this run is noted, until it ends.
  private var note: (state: StateDirectory, instance: String)?

  /// For a simulation: without a name, armed from the start.
  public static func unnamed(
    directory: String = Region.defaultDirectory
  ) throws(KillError) -> KillGate {
    let page = try KillPage.unnamed(directory: directory)
    _ = page.open(1, from: page.gate)
    return KillGate(page, generation: 1, standing: nil)
  }

  /// Takes the sender's role of an instance. What the state directory says rules: unless it says
  /// armed and the page agrees, the gate is shut for this sender's whole life.
  ///
  /// The order makes a kill at any instant of it hold: the page is there before the state is read,
  /// and opens only if nothing has shut it in between.
  public static func claim(
    _ instance: String, ringDirectory: String, state: StateDirectory
  ) throws(KillError) -> KillGate {
    let page = try KillPage.claim(instance, ringDirectory: ringDirectory)
    page.publish(stateDirectory: state.path)
    let observed = page.gate
    let standing = state.standing(of: instance)
    let generation = take(standing, page, observed)
    if let limit_ns = standing.record?.deadManLimit_ns, limit_ns > page.watch.limit_ns {
      // A limit that was set by arming outlives a reboot; the first heartbeat has that long.
      page.beat(monotonic_ns: clinux_monotonic_ns(), limit_ns: limit_ns)
    }
    var gate = KillGate(
      page, generation: generation, standing: standing,
      strategiesOff: state.strategiesOff(of: instance))
    gate.note = (state, instance)
    try? state.write(
      SenderRun(identity: gate.identity, ringDirectory: ringDirectory), for: instance)
    return gate
  }

  /// The generation that a starting sender may send for; 0: none.
  private static func take(
    _ standing: GateStanding, _ page: borrowing KillPage, _ observed: GateWord
  ) -> UInt64 {
    guard let armed = standing.armedGeneration else {
      page.shut(standing.reason, at: clinux_realtime_ns())
      return 0
    }
    if observed.generation == armed { return armed }
    // A page that is new, or that nobody has tripped since this generation: it lost its word with
    // the machine's memory. One that says why it is shut stays shut.
    guard observed.raw == 0, page.open(armed, from: observed) else { return 0 }
    return armed
  }

  private init(
    _ page: consuming KillPage, generation: UInt64, standing: GateStanding?,
    strategiesOff: UInt64 = 0
  ) {
    var identity = KillPage.SenderIdentity()
    identity.pid = getpid()
    var state = clinux_process_state()
    if unsafe clinux_process_look(identity.pid, &state) == 0 {
      identity.startTicks = state.start_ticks
    }
    identity.generation = generation
    // Whoever kills from outside needs the right to, also where Yama keeps it to parents.
    _ = clinux_process_allow_abort()
    self.strategiesOff = strategiesOff | (page.told()?.strategiesOff ?? .max)
    page.acknowledge(GateWord(raw: 0), monotonic_ns: 0)
    // What the predecessor told stays until this sender tells: a start that fails forgets nothing.
    page.dropRequest()
    page.publish(identity)
    self.page = page
    self.generation = generation
    self.identity = identity
    self.standing = standing
  }

  deinit {
    page.publish(KillPage.SenderIdentity())
    if let note { note.state.removeRun(of: note.instance, pid: identity.pid) }
  }

  /// Whether no order may leave. One acquire load.
  @inlinable @inline(__always)
  public var isShut: Bool {
    page.lines.acquire(KillPage.gateLine, 0) != generation || generation == 0  // SHARE
  }

  /// Why it is shut; nil: it is open for this sender.
  public var reason: TripReason? { isShut ? page.gate.reason ?? .unknown : nil }

  /// Says that the gate was seen shut, which is a promise: from this call on this sender writes no
  /// order, whatever its buffers hold. Called in each duty cycle that finds it shut; writes only
  /// when the word is another than before.
  ///
  /// - Parameter monotonic_ns: CLOCK_MONOTONIC.
  public mutating func acknowledge(monotonic_ns: UInt64) {
    let word = page.gate
    guard word != acknowledged else { return }
    acknowledged = word
    page.acknowledge(word, monotonic_ns: monotonic_ns)
  }

  /// Shuts the gate from within. The first reason stays; a gate that is shut is left as it is.
  ///
  /// - Parameter time_ns: CLOCK_REALTIME, or the decision time of a replay.
  public mutating func trip(_ reason: TripReason, at time_ns: UInt64) {
    guard !isShut else { return }
    page.shut(reason, at: time_ns)
  }

  /// The connection on which orders leave, before the first bytes do. From here on its end by any
  /// means but `withdrawSocket` discards what is queued, and does not send it. -1: there is none.
  public mutating func publishSocket(_ descriptor: Int32) {
    guard descriptor >= 0 else { return withdrawSocket() }
    _ = clinux_tcp_close_hard(descriptor, 1)
    identity.socket = descriptor
    identity.socketNumber += 1
    identity.socketInode = clinux_descriptor_inode(descriptor)
    page.publish(identity)
  }

  /// Before the connection is closed in good order: what is queued is sent.
  public mutating func withdrawSocket() {
    if let descriptor = identity.socket { _ = clinux_tcp_close_hard(descriptor, 0) }
    loseSocket()
  }

  /// Before a connection that is lost is closed: what is queued is discarded, so that no order
  /// arrives after the venue was asked which it has.
  public mutating func loseSocket() {
    identity.socket = nil
    page.publish(identity)
  }

  /// Tells how things are, for `tickway state` and for what `tickway resume` checks. Now and then;
  /// a line of its own that no other thread reads while it trades.
  public mutating func tell(_ told: KillPage.Told) { page.tell(told) }

  /// What this sender and its predecessors have sent in a trading day, orders and cancels (RM9).
  func messages(of day: Int64) -> Int64 { page.messages(of: day) }

  /// The same, for a successor. Before they leave: one store of a line of its own, or two.
  mutating func tell(messages: Int64, of day: Int64) { page.tell(messages: messages, of: day) }

  /// What counts in a rate that goes on over a sender's death; from here on this one tells it.
  mutating func resumeRate(at monotonic_ns: UInt64) -> RateTrail.Legacy {
    let legacy = page.rateTrail(at: monotonic_ns)
    told = (legacy.counted, legacy.newest)
    tell(counted: legacy.counted, at: monotonic_ns)
    return legacy
  }

  /// Leaves the count for a successor, as it is at a time: before orders leave, and now and then.
  mutating func tell(counted: UInt32, at monotonic_ns: UInt64) {
    // What a look at the clock meanwhile has overtaken is of that one's time.
    let number = max(told.number, monotonic_ns / RateTrail.each_ns)
    // In what lies between nothing counted; a word of long ago must not say otherwise.
    let first = max(told.number, number - min(number, UInt64(RateTrail.words))) + 1
    if told.number > 0, first < number {
      for between in first..<number { page.tell(counted: told.counted, in: between) }
    }
    told = (counted, number)
    page.tell(counted: counted, in: number)
  }

  /// Shuts the gate if the operator's heartbeat has been away for too long; whether it does. Now
  /// and then.
  @discardableResult
  public mutating func checkDeadMan(monotonic_ns: UInt64, at time_ns: UInt64) -> Bool {
    let (beat_ns, limit_ns) = page.watch
    guard !isShut, limit_ns > 0, monotonic_ns > beat_ns, monotonic_ns - beat_ns > limit_ns
    else { return false }
    trip(.deadMan, at: time_ns)
    return true
  }
}
