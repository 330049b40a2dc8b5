import Synchronization

/// A sentence from one thread for another.
///
/// - Thread safety: any thread may leave one, any thread may take it.
final class LateNote: Sendable {
  private let text = Mutex<String?>(nil)

  func leave(_ note: String) { text.withLock { $0 = note } }

  /// Once.
  func take() -> String? {
    text.withLock { text in
      defer { text = nil }
      return text
    }
  }
}

/// The value at risk of a sender's positions, whose returns are read on the role's own thread: it
/// only reports, so what is wrong with it is a note, and keeps no sender from watching its orders.
///
/// Thread: its own.
struct LateValueAtRisk: ~Copyable, Role {
  let options: ValueAtRiskOptions
  let positions: SharedRegion
  let directory: SharedRegion
  let stop: StopFlag
  /// For the operator, when it cannot begin, and in the end.
  let note: LateNote

  var name: String { "tickway-var" }

  mutating func run() {
    do {
      var role = try ValueAtRiskRole(
        options, positions: positions, directory: directory, stop: stop)
      try role.run()
      if let text = role.note { note.leave(text) }
    } catch {
      note.leave("no value at risk: \(error)")
    }
  }
}
