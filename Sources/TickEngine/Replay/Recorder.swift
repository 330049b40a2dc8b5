import TickRing
import TickWire

/// Writes what a run leaves behind: the ticks in publication order as raw 24-byte records, each
/// worker's merge log, the order requests as CSV, and the sender's decisions. Drains rings on a
/// thread of its own, so that no stage ever touches a file.
///
/// Thread: its own; not a hot path, but it must keep up, since its rings are waited for, and
/// decisions that find theirs full are lost.
struct Recorder: ~Copyable, DrainingRole {
  /// None or one.
  private let ticks: Slab<TickTap>
  private let merges: Slab<MergeTap>
  private let requests: Slab<OrderConsumer>
  private var collected: [OrderRequest] = []
  private let ordersFile: RecordingFile?
  /// None or one.
  private let decisions: Slab<DecisionTap>
  private let directory: DirectoryReader
  private let control: ControlPage
  /// The first instrument whose name is not written yet.
  private var named: UInt32 = 0

  /// The tick ring's tap and its files.
  struct TickTap: ~Copyable {
    var ring: TickConsumer
    let file: RecordingFile
    let symbols: RecordingFile
  }

  struct MergeTap: ~Copyable {
    var ring: EventConsumer
    let file: RecordingFile
  }

  struct DecisionTap: ~Copyable {
    var ring: DecisionConsumer
    var writer: DecisionWriter
  }

  init(
    ticks: consuming Slab<TickTap>, merges: consuming Slab<MergeTap>,
    requests: consuming Slab<OrderConsumer>, ordersFile: RecordingFile?,
    decisions: consuming Slab<DecisionTap> = noDecisions(), directory: consuming DirectoryReader,
    control: consuming ControlPage
  ) {
    self.ticks = ticks
    self.merges = merges
    self.requests = requests
    self.ordersFile = ordersFile
    self.decisions = decisions
    self.directory = directory
    self.control = control
  }

  static func noDecisions() -> Slab<DecisionTap> {
    Slab(count: 0) { _ in preconditionFailure("none is made") }
  }

  var name: String { "recorder" }
  /// Slots of the decisions' ring.
  var decisionsPolled: UInt64 { decisions.count > 0 ? decisions[0].ring.polled : 0 }

  var isStopping: Bool { control.read(.stopRecorder) != 0 }

  mutating func drain() throws -> Bool {
    var isBusy = false
    var tick = Tick()
    for tap in 0..<ticks.count {
      while ticks[tap].ring.poll(&tick) {
        try ticks[tap].file.write(tick.words)
        isBusy = true
      }
      if ticks[tap].file.isFlushDue {
        // Names first: a tick whose instrument has none is nobody's.
        if directory.count > 0 { try writeNames(tap) }
        try ticks[tap].symbols.flush()
        try ticks[tap].file.flushNowAndThen()
      }
    }
    var event = OrderEvent.none
    for worker in 0..<merges.count {
      while merges[worker].ring.poll(&event) {
        try merges[worker].file.write(event)
        isBusy = true
      }
      try merges[worker].file.flushNowAndThen()
    }
    var request = OrderRequest()
    for worker in 0..<requests.count {
      while requests[worker].poll(&request) {
        collected.append(request)
        isBusy = true
      }
    }
    return try drainDecisions() || isBusy
  }

  /// Those that are new.
  private mutating func writeNames(_ tap: Int) throws {
    named = try SymbolTable.write(directory, from: named, to: ticks[tap].symbols)
  }

  private mutating func drainDecisions() throws -> Bool {
    var isBusy = false
    var decision = DecisionEvent()
    for tap in 0..<decisions.count {
      while decisions[tap].ring.poll(&decision) {
        let symbol = directory.symbol(decision.instrument) ?? 0
        try decisions[tap].writer.write(decision, symbol: symbol)
        isBusy = true
      }
      try decisions[tap].writer.file.flushNowAndThen()
    }
    return isBusy
  }

  /// Gives the files their names, once all of them are written. A run that failed says so by the
  /// names: what it recorded shows how far it came, and passes for a whole recording nowhere.
  mutating func finish() throws {
    for tap in 0..<ticks.count { try writeNames(tap) }
    if let ordersFile { try OrderRequestTable.write(collected, directory, to: ordersFile) }
    var files: [RecordingFile] = []
    for tap in 0..<ticks.count { files += [ticks[tap].file, ticks[tap].symbols] }
    for worker in 0..<merges.count { files.append(merges[worker].file) }
    if let ordersFile { files.append(ordersFile) }
    for tap in 0..<decisions.count {
      try decisions[tap].writer.end(lost: decisions[tap].ring.full)
      files.append(decisions[tap].writer.file)
    }
    for file in files { try file.flush() }
    let isPartial = control.read(.failed) != 0
    for file in files { try file.commit(isPartial: isPartial) }
  }
}
