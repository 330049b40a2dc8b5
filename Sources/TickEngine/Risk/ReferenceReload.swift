import Synchronization

/// Hands new reference data to the sender, and the old back to whoever made it, without a lock: the
/// sender looks once in each duty cycle, which is one load of a line that hardly ever changes.
///
/// - Thread safety: one thread offers and reclaims; one, the sender, takes.
public final class ReferenceReload: @unchecked Sendable {
  private enum State: UInt8 {
    /// Nothing is here, or the old data: the offering thread's.
    case idle
    /// New data is here: the taking thread's.
    case offered
  }

  private let state = Atomic<UInt8>(State.idle.rawValue)
  private var table: ReferenceTable?

  public init() {}

  /// Offers new data, made and checked before; what was replaced last is freed here. False if the
  /// sender has not taken what was offered before: then the new data is dropped.
  public func offer(_ table: consuming ReferenceTable) -> Bool {
    guard state.load(ordering: .acquiring) == State.idle.rawValue else { return false }
    self.table = consume table
    state.store(State.offered.rawValue, ordering: .releasing)
    return true
  }

  /// Puts what is offered into force; false if there is nothing. Thread: the sender's.
  @inline(__always)
  func take(into gate: inout RiskGate) -> Bool {
    guard state.load(ordering: .acquiring) == State.offered.rawValue else { return false }
    return exchange(&gate)
  }

  private func exchange(_ gate: inout RiskGate) -> Bool {
    guard var table = self.table.take() else { return false }
    gate.replace(with: &table)
    self.table = consume table
    state.store(State.idle.rawValue, ordering: .releasing)
    return true
  }

  /// Frees what was replaced; false while the sender has not taken what was offered.
  public func reclaim() -> Bool {
    guard state.load(ordering: .acquiring) == State.idle.rawValue else { return false }
    table = nil
    return true
  }
}
