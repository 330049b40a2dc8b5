import TickRing

/// The rings of one worker.
struct WorkerRings {
  let ticks: SharedRegion
  let orders: SharedRegion
  let events: SharedRegion
  /// Copies of its requests, and its merge log, for the recorder.
  let journal: SharedRegion?
  let merge: SharedRegion?
  /// The numbers of its orders, where they outlive it.
  let numbers: SharedRegion?
}

/// Makes the regions of a run. None has a name: whoever needs one attaches to the file that is
/// open, and however the process ends nothing is left behind.
struct ReplayRegions {
  /// Slots of the rings beside the tick rings.
  static let orderSlots = 8_192
  static let eventSlots = 65_536

  let directory: String

  init(directory: String) { self.directory = directory }

  /// - Parameter node: the NUMA node of the core that polls it, where there are several.
  func make(
    _ kind: RegionKind, capacity: Int, node: Int? = nil
  ) throws(RingError) -> SharedRegion {
    SharedRegion(
      try Region.createUnnamed(kind, directory: directory, capacity: capacity, node: node))
  }
}

/// Set when a role fails, so that every other stops. Any thread.
final class FailureFlag: Sendable {
  private let control: ControlPage
  init(_ control: consuming ControlPage) { self.control = control }
  func raise() { control.write(.failed, 1) }
}
