/// What the sender says on its page: who it is, what it acknowledged and how it stands.
extension KillPage {
  /// Who the sender is, and where its orders go.
  public struct SenderIdentity: Equatable, Sendable {
    /// 0: no sender.
    public var pid: Int32 = 0
    /// /proc/PID/stat's field 22.
    public var startTicks: UInt64 = 0
    /// nil: not connected.
    public var socket: Int32?
    /// Counts sockets.
    public var socketNumber: UInt64 = 0
    public var socketInode: UInt64 = 0
    /// The generation for which it may send; 0: none.
    public var generation: UInt64 = 0

    public init() {}
  }

  /// nil: the sender is in the middle of changing it, perhaps for ever.
  public borrowing func sender() -> SenderIdentity? {
    guard let words = lines.copy(KillPage.senderLine) else { return nil }
    var identity = SenderIdentity()
    identity.pid = Int32(clamping: words[0])
    identity.startTicks = words[1]
    let socket = Int32(clamping: words[2])
    identity.socket = socket == 0 ? nil : socket - 1
    identity.socketNumber = words[3]
    identity.socketInode = words[4]
    identity.generation = words[5]
    return identity
  }

  borrowing func publish(_ identity: SenderIdentity) {
    lines.revise(KillPage.senderLine) { line in
      line[1] = UInt64(identity.pid)
      line[2] = identity.startTicks
      line[3] = identity.socket.map { UInt64($0) + 1 } ?? 0
      line[4] = identity.socketNumber
      line[5] = identity.socketInode
      line[6] = identity.generation
    }
  }

  /// The word that the sender acknowledged last, and when, CLOCK_MONOTONIC ns.
  public var acknowledged: (word: GateWord, monotonic_ns: UInt64) {
    let word = lines.acquire(KillPage.acknowledgementLine, 0)
    return (GateWord(raw: word), lines.load(KillPage.acknowledgementLine, 1))
  }

  borrowing func acknowledge(_ word: GateWord, monotonic_ns: UInt64) {
    lines.store(KillPage.acknowledgementLine, 1, monotonic_ns)
    lines.release(KillPage.acknowledgementLine, 0, word.raw)
  }

  /// What the sender tells of itself now and then.
  public struct Told: Equatable, Sendable {
    public var openOrders: UInt64 = 0
    /// Of those, orders whose fate is not known.
    public var inDoubt: UInt64 = 0
    /// The raw value of its risk state.
    public var riskState: UInt64 = 0
    /// The same of the breaker or cooldown that a kill came over, which goes on after it; 0: none.
    public var interrupted: UInt64 = 0
    /// Bytes that wait for the kernel.
    public var unsentBytes: UInt64 = 0
    /// Of the last bytes handed to the kernel, and of this telling: CLOCK_MONOTONIC ns.
    public var lastSend_ns: UInt64 = 0
    public var told_ns: UInt64 = 0
    /// Strategies that executed too often and are off (RM9): bit n - 1 is strategy n.
    public var strategiesOff: UInt64 = 0

    public init() {}

    /// In the word of the risk state.
    fileprivate static let interruptedShift: UInt64 = 8
    fileprivate static let interruptedMask: UInt64 = 0xFF00
  }

  /// nil: the sender is in the middle of changing it, perhaps for ever.
  public borrowing func told() -> Told? {
    guard let words = lines.copy(KillPage.toldLine) else { return nil }
    var told = Told()
    told.openOrders = words[0]
    told.inDoubt = words[1]
    told.riskState = words[2] & ~Told.interruptedMask
    told.interrupted = (words[2] & Told.interruptedMask) >> Told.interruptedShift
    told.unsentBytes = words[3]
    told.lastSend_ns = words[4]
    told.told_ns = words[5]
    told.strategiesOff = words[6]
    return told
  }

  borrowing func tell(_ told: Told) {
    lines.revise(KillPage.toldLine) { line in
      line[1] = told.openOrders
      line[2] = told.inDoubt
      line[3] = told.riskState | told.interrupted << Told.interruptedShift
      line[4] = told.unsentBytes
      line[5] = told.lastSend_ns
      line[6] = told.told_ns
      line[7] = told.strategiesOff
    }
  }

  /// Orders and cancels of a trading day so far (RM9).
  borrowing func messages(of day: Int64) -> Int64 {
    guard lines.load(KillPage.messagesLine, 1) == UInt64(bitPattern: day &+ 1) else { return 0 }
    return Int64(clamping: lines.load(KillPage.messagesLine, 0))
  }

  /// The day first: a sender that dies in between leaves it too many rather than too few.
  borrowing func tell(messages: Int64, of day: Int64) {
    lines.release(KillPage.messagesLine, 1, UInt64(bitPattern: day &+ 1))
    lines.release(KillPage.messagesLine, 0, UInt64(max(0, messages)))
  }
}
