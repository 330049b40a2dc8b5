import Foundation
import TickEngine
import TickRing

/// All that `tickway top` looks at, at one moment.
struct TopView {
  let instance: String
  /// CLOCK_MONOTONIC, and since the Unix epoch: ns.
  let looked_ns: UInt64
  let epoch_ns: UInt64
  /// nil: there is no role table.
  let look: NodeLook?
  /// nil: nobody sends orders.
  let gate: GateStatus?
  let positions: PositionSnapshot?

  /// Looks; an instance that is not there, or cannot be read, becomes a sentence and an exit code.
  ///
  /// - Parameter onFailure: called before the sentence.
  init(_ instance: String, _ place: GatePlace, onFailure: () -> Void = {}) throws {
    let observer = NodeObserver(instance: instance, ringDirectory: place.ringDirectory)
    let status = try place.killSwitch("top", instance).status()
    do {
      look = try observer.look()
    } catch {
      guard case .absent = error, status.isSending else {
        onFailure()
        throw TopView.exit(error, place)
      }
      look = nil
    }
    gate = status.page == .absent && !status.standing.isKnown ? nil : status
    positions = try? PositionObserver(ringDirectory: place.ringDirectory, instance: instance)
      .snapshot()
    self.instance = instance
    looked_ns = MonotonicClock.now
    epoch_ns = UInt64(max(0, Date().timeIntervalSince1970) * 1e9)
  }

  private static func exit(_ error: NodeObserverError, _ place: GatePlace) -> any Error {
    switch error {
    case .absent:
      let running = NodeObserver.running(ringDirectory: place.ringDirectory)
      let others = running.isEmpty ? "none is" : "running: \(running.joined(separator: ", "))"
      return Complaint.exit(
        "top", "\(error); no such instance is running in \(place.ringDirectory); \(others)",
        .unknownName)
    case .anotherBuild: return Complaint.exit("top", "\(error)", .badData)
    case .region(let error):
      let isDamaged = [.notARegion, .kind, .size].contains(error.kind)
      return isDamaged
        ? Complaint.exit("top", "\(error)", .badData) : Complaint.exit("top", error)
    }
  }
}

extension GateStatus {
  /// Whether a sender's process is there.
  fileprivate var isSending: Bool { senderLife == .running || senderLife == .stopped }
}
