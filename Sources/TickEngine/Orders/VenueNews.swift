import TickRing

/// Tells the operator that the venue does not tell all that there was before the login, so that
/// nothing new leaves: once, however often it is called again, and once that it has.
///
/// Thread: the starter's.
struct VenueNews {
  private var stalls: UInt64 = 0

  mutating func look(_ control: borrowing ControlPage, _ observer: ReplayObserver) {
    let before = stalls
    stalls = control.read(.replaysStalled)
    if before == 0, stalls != 0 {
      let seconds = ReplayWatch.patience_ns / 1_000_000_000
      observer.note(
        "venue: it stopped telling what there was before the login, and nothing more of it came for"
          + " \(seconds) s: it is called again, and until it has told all nothing new leaves")
    } else if before != 0, stalls == 0 {
      observer.note("venue: it has told all that there was before the login")
    }
  }
}
