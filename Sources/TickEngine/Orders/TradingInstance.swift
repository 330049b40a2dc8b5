import CLinux
import Glibc
import TickRing

/// An instance by its name: what the kill switch stops, and what a sender leaves to its successor.
///
/// Its regions are `tickway.NAME.pool` (orders that are out), `.positions`, `.directory` (numbers
/// of its instruments, which order ids hold) and `.gate`. A run that ends with no order out takes
/// the first three away, and leaves what is of the day in the state directory; after any other end
/// they stay, and the next sender begins with asking the venue about them.
///
/// Thread safety: one thread.
final class TradingInstance {
  let name: String
  private let ringDirectory: String
  private let stateDirectory: String
  /// The trip that was told last.
  private var told: GateRecord?
  private var isUnwritten = false
  /// Strategies that are off, as looked at last: bit n - 1 is strategy n.
  private var off: UInt64?
  private var isOffUnwritten = false
  /// Regions that this process made, by suffix, where there were none.
  private var made: [String] = []

  init(_ name: String, ringDirectory: String, stateDirectory: String) {
    self.stateDirectory = stateDirectory
    self.name = name
    self.ringDirectory = ringDirectory
  }

  private func regionName(_ suffix: String) -> String {
    TradingInstance.regionName(name, suffix)
  }

  static func regionName(_ instance: String, _ suffix: String) -> String {
    "tickway.\(instance).\(suffix)"
  }

  /// Attaches what is there, or makes it.
  ///
  /// - Parameter untouched: what is made has its memory, but not touched yet.
  func open(
    _ kind: RegionKind, _ suffix: String, capacity: Int, untouched: Bool = false
  ) throws -> Region {
    let name = regionName(suffix)
    do throws(RingError) {
      let region = try Region.create(
        kind, directory: ringDirectory, name: name, capacity: capacity, untouched: untouched)
      made.append(suffix)
      return region
    } catch {
      guard error.kind == .exists else { throw error }
    }
    let region = try Region.attach(kind, directory: ringDirectory, name: name)
    guard region.capacity == capacity else {
      throw ReplayError.options(
        "\(ringDirectory)/\(name) is there with \(region.capacity) lines, not \(capacity): use the"
          + " limits that it was made with, or, once nothing is out at the venue, `tickway ring"
          + " remove \(name)`")
    }
    return region
  }

  /// Makes what is to take the place of a predecessor's: until it does, that is there for whoever
  /// comes if this process dies. Only with the gate's role, which nobody else then has. It is not
  /// touched yet.
  func renew(_ kind: RegionKind, _ suffix: String, capacity: Int) throws -> Region {
    let fresh = TradingInstance.fresh(suffix)
    // Of one that died over it.
    try? Region.remove(directory: ringDirectory, name: regionName(fresh))
    return try open(kind, fresh, capacity: capacity, untouched: true)
  }

  /// What was renewed has in it all that is to last.
  func replace(_ suffix: String) throws(AtomicFile.Failure) {
    let fresh = TradingInstance.fresh(suffix)
    let (from, to) = (path(fresh), path(suffix))
    let wasThere = unsafe access(to, F_OK) == 0
    guard unsafe rename(from, to) == 0 else {
      throw AtomicFile.Failure(step: .rename, path: to, code: errno)
    }
    made.removeAll { $0 == fresh }
    // What a predecessor left stays for a successor, though it was made anew.
    if !wasThere { made.append(suffix) }
  }

  private static func fresh(_ suffix: String) -> String { "\(suffix).new" }

  private func path(_ suffix: String) -> String { "\(ringDirectory)/\(regionName(suffix))" }

  /// The start has failed: what it made goes, of which nobody has used anything yet. What a
  /// predecessor left stays.
  func abandon() {
    for suffix in made { try? Region.remove(directory: ringDirectory, name: regionName(suffix)) }
    made = []
  }

  /// A live run's memory is for a live run: what it left that was killed, or whose breaker is out,
  /// a replay would take for its own.
  ///
  /// - Throws: `ReplayError.live` where there is such memory, of one that runs, too.
  func refuseReplay() throws {
    let region: Region
    do throws(RingError) {
      region = try Region.attach(
        .positions, directory: ringDirectory, name: regionName("positions"), untouched: true)
    } catch {
      guard error.kind == .absent else { throw error }
      return
    }
    try region.guardAgainstTruncation()
    // Times of a replay are its capture's: it keeps no clock.
    guard try SharedLines(region, .positions)
      .acquire(PositionLines.header, PositionLines.Header.boot) != 0
    else { return }
    throw ReplayError.live(instance: name, path: path("positions"))
  }

  /// The risk states that a predecessor left: one that did not end in order, or one of the day.
  ///
  /// - Parameter isLive: a replay begins its capture's day anew; and what one left in memory, other
  ///   than a breaker, does not hide a live day.
  func riskLegacy(strategies: Int, isLive: Bool) throws -> RiskLegacy {
    let region: Region
    do throws(RingError) {
      region = try Region.attach(
        .positions, directory: ringDirectory, name: regionName("positions"), untouched: true)
    } catch {
      guard error.kind == .absent else { throw error }
      return try isLive ? day().map { RiskLegacy($0) } ?? RiskLegacy() : RiskLegacy()
    }
    var legacy = try RiskLegacy(region, strategies: strategies)
    guard isLive else { return legacy }
    if legacy.clock == nil, legacy.isCalm { return try day().map { RiskLegacy($0) } ?? legacy }
    // An orderly end left both, and what numbers instruments anew.
    if let day = try? day(), legacy.isThat(of: day) { legacy.takeMarks(day) }
    return legacy
  }

  /// What an orderly end of a live run left; nil: there was none.
  private func day() throws -> DayRecord? {
    try StateDirectory(path: stateDirectory).day(of: name, before: clinux_realtime_ns())
  }

  /// A sender that begins shut says so.
  func tellShut(_ reason: TripReason?, _ standing: GateStanding?, _ observer: ReplayObserver) {
    guard let reason else { return }
    told = standing?.record
    observer.note(
      "the kill switch is tripped (\(reason.name)): no order leaves; see `tickway state`")
  }

  /// A trip from within is in memory only until somebody writes it down, which is here. Whoever
  /// trips from outside does so himself, with his name, unless he dies over it: he is given until
  /// the next look. Each trip is told once, whoever it came from.
  ///
  /// - Returns: whether this look is enough of the trip that led to it: false while the page is
  ///   open still.
  @discardableResult
  func keepTrip(_ observer: ReplayObserver, isLast: Bool = false) -> Bool {
    do {
      let killSwitch = try KillSwitch(
        name, ringDirectory: ringDirectory, state: StateDirectory(path: stateDirectory))
      let status = killSwitch.status()
      defer { if let off = status.told?.strategiesOff { keepOff(off, observer) } }
      guard status.isUnwritten else {
        isUnwritten = false
        if !status.isArmed { tell(status.standing.record, observer) }
        return !status.isArmed
      }
      let isFromOutside = status.reason == .operatorKill || status.reason == .senderSilent
      guard isUnwritten || isLast || !isFromOutside else {
        isUnwritten = true
        return true
      }
      tell(try killSwitch.keepTrip(), observer)
    } catch {
      observer.note("the state of the kill switch cannot be kept: \(error)")
    }
    return true
  }

  /// Who executed too often stays off over a reboot, too, until a person says otherwise (RM9).
  private func keepOff(_ now: UInt64, _ observer: ReplayObserver) {
    guard now != off || isOffUnwritten else { return }
    let new = StrategiesOff(bits: now & ~(off ?? 0)).strategies
    off = now
    for strategy in new {
      observer.note(
        "strategy \(strategy) has executed too often and is off: no order of it leaves until"
          + " `tickway risk enable \(name) --strategy \(strategy)`")
    }
    let state = StateDirectory(path: stateDirectory)
    guard state.strategiesOff(of: name) != now else { return isOffUnwritten = false }
    do throws(StateFailure) {
      try state.write(StrategiesOff(bits: now), for: name)
      isOffUnwritten = false
    } catch {
      // Tried again at each look, and told once.
      if !isOffUnwritten {
        observer.note("which strategies are off would not outlive a reboot: \(error)")
      }
      isOffUnwritten = true
    }
  }

  private func tell(_ record: GateRecord?, _ observer: ReplayObserver) {
    guard let record, record.state == .tripped, record != told else { return }
    told = record
    observer.note(
      "the kill switch is tripped (\(record.code)) by \(record.who): \(record.reason); no order"
        + " leaves any more, and what is open is cancelled; see `tickway state \(name)`")
  }

  /// The run has ended. A state that is not normal stays for the next; so does what is of the day.
  ///
  /// - Parameters:
  ///   - isLive: its days are those of the clock.
  ///   - isAlone: whether the directory goes, too: other roles may need it.
  func end(isClean: Bool, state: RiskState, isLive: Bool, isAlone: Bool = true) {
    guard isClean else { return }
    let isKept = !isLive || keepDay()
    let isOver = isKept && state.allowsNewExposure
    for suffix in ["pool"] + (isOver ? ["positions"] : []) + (isAlone ? ["directory"] : []) {
      try? Region.remove(directory: ringDirectory, name: regionName(suffix))
    }
  }

  /// Whether what is of the day is where the next start finds it.
  private func keepDay() -> Bool {
    do {
      let region = try Region.attach(
        .positions, directory: ringDirectory, name: regionName("positions"), untouched: true)
      let legacy = try RiskLegacy(region, strategies: Int(UInt8.max))
      let directory = try? DirectoryReader(
        Region.attachReader(.directory, directory: ringDirectory, name: regionName("directory")))
      try StateDirectory(path: stateDirectory)
        .write(DayRecord(instance: name, legacy, directory: directory))
      return true
    } catch {
      // Without one there is nothing to keep.
      return (error as? RingError)?.kind == .absent
    }
  }
}
