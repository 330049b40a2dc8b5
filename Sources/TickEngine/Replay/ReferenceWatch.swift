import TickRing

/// Reads the reference data anew when its file has changed, checks it whole, and offers it to the
/// sender; says what is other than before, and what is wrong.
///
/// Thread: the starter's.
final class ReferenceWatch {
  private let read: @Sendable () throws -> ReferenceData?
  private let limits: RiskLimits
  private var current: ReferenceData
  /// What could not be offered yet: the sender has not taken what was before.
  private var waiting: ReferenceData?
  private let instruments: Int
  let reload = ReferenceReload()

  /// - Parameter instruments: as many as the gate's table is for.
  init?(_ options: ReplayOptions, instruments: Int = TickPublisher.instrumentsMax) {
    guard let read = options.reloadReference, let data = options.reference else { return nil }
    self.read = read
    limits = options.limits ?? .simulation
    current = data
    self.instruments = instruments
  }

  func look(_ observer: ReplayObserver) {
    do {
      if let data = try read() {
        for change in data.changes(from: current) { observer.note("reference data: \(change)") }
        current = data
        waiting = data
      }
    } catch { observer.note("reference data not taken: \(error)") }
    if let data = waiting, offer(data) { waiting = nil }
    _ = reload.reclaim()
  }

  private func offer(_ data: ReferenceData) -> Bool {
    reload.offer(ReferenceTable(data, limits: limits, instruments: instruments))
  }
}
