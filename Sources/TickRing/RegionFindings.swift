import CTickRing

/// Something about a region that its operator should know.
public struct RegionFinding: Sendable {
  /// What is so, and what follows from it.
  public let text: String
  /// Whether it was used and nobody is attached any more, so that removing it is the remedy.
  public let isLeftover: Bool
}

extension RegionInfo {
  /// What a doctor would say; empty for a region in good order.
  public var findings: [RegionFinding] {
    var found: [RegionFinding] = []
    if let refusal {
      // Whether another version's processes say that they are attached is not known.
      let isLeftover = !isAttached && refusal.kind != .version
      let prefix = refusal.kind == .version ? "" : "damaged: "
      found.append(RegionFinding(text: prefix + refusal.reason, isLeftover: isLeftover))
    } else if isQueue {
      found += deadOwners
    } else if producer.generation > 0, !producer.isAlive, isAttached {
      found.append(
        RegionFinding(text: "its writer, pid \(producer.pid), is gone", isLeftover: false))
    }
    if refusal == nil { found += silentOwners }
    if !isAttached, refusal == nil, !wasUsed {
      found.append(
        RegionFinding(
          text: "unused: no process is attached, and none has had a role so far",
          isLeftover: false))
    } else if !isAttached, refusal == nil {
      let unread = isQueue && lag > 0 ? ", \(lag) records that nobody took" : ""
      found.append(
        RegionFinding(text: "leftover: no process is attached\(unread)", isLeftover: true))
    }
    return found
  }

  /// Whether a role was ever claimed: a region made for processes that are to come has had none.
  public var wasUsed: Bool { producer.generation > 0 || consumer.generation > 0 }

  private var deadOwners: [RegionFinding] {
    var found: [RegionFinding] = []
    if isAttached, producer.generation > 0, !producer.isAlive {
      found.append(
        RegionFinding(
          text: "its producer, pid \(producer.pid), is gone; a successor resumes at \(published)",
          isLeftover: false))
    }
    if isAttached, consumer.generation > 0, !consumer.isAlive {
      let room = lag >= capacity ? "the ring is full" : "\(capacity - lag) slots are free"
      found.append(
        RegionFinding(
          text: "its consumer, pid \(consumer.pid), is gone; \(room); a successor resumes at "
            + "\(taken)",
          isLeftover: false))
    }
    return found
  }

  private var silentOwners: [RegionFinding] {
    let owners = [("producer", producer)] + (isQueue ? [("consumer", consumer)] : [])
    return owners.filter { $0.1.isSilent }.map { role, owner in
      let seconds = (owner.silence_ns ?? 0) / 1_000_000_000
      return RegionFinding(
        text: "its \(role), pid \(owner.pid), lives and has not beaten for \(seconds) s: it hangs, "
          + "or is paused; its role is its own until it ends",
        isLeftover: false)
    }
  }

  /// Removes the region if no process is attached. Throws `.roleTaken` if one is by now.
  public func removeUnused() throws(RingError) {
    let code = tickring_remove_unused(directory, name)
    guard code == 0 else { throw RingError(code: code, path: "\(directory)/\(name)") }
  }

  /// Removes the region's name, whoever is attached. Throws `.notARegion` if the file does not say
  /// that it is one.
  public func removeName() throws(RingError) {
    guard isRegion else { throw RingError(kind: .notARegion, path: "\(directory)/\(name)") }
    try Region.remove(directory: directory, name: name)
  }
}

extension RegionKind {
  /// As the command names it.
  public var name: String {
    switch self {
    case .ticks: "ticks"
    case .orders: "orders"
    case .events: "events"
    case .directory: "directory"
    case .board: "board"
    case .control: "control"
    case .metrics: "metrics"
    case .broadcast: "broadcast"
    case .pool: "pool"
    case .positions: "positions"
    case .gate: "gate"
    case .ledger: "ledger"
    case .state: "state"
    }
  }

  public static let all: [RegionKind] = [
    .ticks, .orders, .events, .directory, .board, .control, .metrics, .broadcast, .pool,
    .positions, .gate, .ledger, .state,
  ]
}
