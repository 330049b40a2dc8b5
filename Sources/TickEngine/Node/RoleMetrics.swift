import TickMetrics
import TickRing

/// What a role counts for whoever watches. Each is of all processes that the role ever had, or of
/// the last one where it is a state.
public enum RoleCounter: Int, CaseIterable, Sendable {
  // The ingester's. States of the feed and its lines, as on the control page, come last.
  case packets = 0, messages, ticks, gaps, missing, duplicates, rejected, ringFull, ticksLost
  case kernelDrops, lineStates
  // A worker's. Ticks and events as its rings count them: since they were made.
  case ticksPolled, events, requests
  // The sender's. `orders…` as in the report; `open`, `inDoubt`, `tradingState` are states.
  case asked, sent, acked, filled, canceled, riskRejected, venueRejected, open, inDoubt
  case tradingState

  /// Whether a successor's process goes on from what is there.
  var isSum: Bool {
    switch self {
    case .lineStates, .ticksPolled, .events, .open, .inDoubt, .tradingState: false
    default: true
    }
  }
}

/// A role's own lines of the table: its heartbeat, counters and histograms.
///
/// Hot path, now and then: some relaxed stores to lines that nobody else writes. Thread: the
/// role's. No allocation.
@usableFromInline
struct RoleMetrics: ~Copyable {
  /// Between two tellings: nobody looks more often.
  @usableFromInline static var each_ns: UInt64 { 20_000_000 }

  private let lines: SharedLines
  private let block: Int
  /// What the role's former processes counted.
  private let before: Slab<UInt64>
  private var told_ns: UInt64 = 0
  let histograms: HistogramStorage

  /// Takes over an attachment; the caller is the role's one process, which its rings' locks say.
  init(_ region: consuming Region, place: Int) throws(RingError) {
    let shared = SharedRegion(region)
    let lines = try SharedLines(shared.attach(), .metrics)
    let block = RoleTable.block(place)
    precondition(
      place >= 0 && block + RoleTable.blockLines <= lines.count, "no such place in the role table")
    unsafe histograms = HistogramStorage(
      at: shared.memory + (block + RoleTable.histogramLine) * 64,
      count: RoleTable.histogramsEach, keeping: shared)
    before = Slab(count: RoleCounter.allCases.count) { index in
      let line = block + RoleTable.counterLine + index / 8
      return RoleCounter(rawValue: index)?.isSum == true ? lines.load(line, index % 8) : 0
    }
    self.lines = lines
    self.block = block
  }

  /// Whether it is time to tell again; a heartbeat if so.
  /// - Parameter now: CLOCK_MONOTONIC, ns.
  @usableFromInline
  mutating func isDue(_ now: UInt64) -> Bool {
    guard now &- told_ns >= RoleMetrics.each_ns else { return false }
    told_ns = now
    lines.store(block + RoleTable.beatLine, 0, now)
    return true
  }

  /// - Parameter value: of this process.
  mutating func tell(_ counter: RoleCounter, _ value: UInt64) {
    let index = counter.rawValue
    lines.store(
      block + RoleTable.counterLine + index / 8, index % 8, before[index] &+ value)
  }
}
