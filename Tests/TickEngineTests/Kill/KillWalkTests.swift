import Foundation
import Testing
import TickRing

@testable import TickEngine

/// Long walks over everything that can happen to one instance, against a model of two bits: whether
/// a sender that starts must be open, and whether it may. (KS2, KS3)
@Suite struct KillWalkTests {
  private enum Step: CaseIterable {
    case arm, resume, kill, shutOnly, crashedArming, start, end, ownTrip, keep, reboot, damage
  }

  @Test(.timeLimit(.minutes(2)), arguments: 1...8)
  func ks3NoWalkOpensWhatWasTripped(seed: Int) throws {
    let scratch = try Scratch()
    var walk = try Walk(scratch)
    var random = SeededRandom(seed: UInt64(seed))
    for number in 0..<1_000 {
      let step = Step.allCases[random.below(Step.allCases.count)]
      try take(step, &walk, &random)
      let isRight = walk.isRight
      try #require(isRight, "seed \(seed), step \(number): \(step)")
    }
    let opened = walk.opened
    #expect(opened > 10, "a walk that opens nothing proves nothing")
  }

  private func take(_ step: Step, _ walk: inout Walk, _ random: inout SeededRandom) throws {
    switch step {
    case .arm: walk.arm()
    case .resume: walk.resume()
    case .kill: walk.kill()
    case .shutOnly: try walk.shutOnly()
    case .crashedArming: try walk.crashInArming()
    case .start: try walk.start()
    case .end: walk.end()
    case .ownTrip: walk.tripFromWithin()
    case .keep: try walk.keep()
    case .reboot: try walk.reboot()
    case .damage: if random.once(in: 4) { try walk.damage() }
    }
  }
}

/// A gate as a reference, so that there may be none.
private final class WalkSender {
  var gate: KillGate
  init(_ gate: consuming KillGate) { self.gate = gate }
}

/// One instance, its sender if it has one, and the model.
private struct Walk {
  private let scratch: Scratch
  private let one: KillSwitch
  private var sender: WalkSender?
  /// Whether the next sender must, and may, be open.
  private var must = false
  private var may = false
  /// Whether the sender that there is may be open.
  private var senderMay = false
  private var senderMust = false
  /// A kill was not carried through.
  private var hasFailed = false
  /// Senders that started open.
  private(set) var opened = 0

  init(_ scratch: Scratch) throws {
    self.scratch = scratch
    one = try KillSwitch(
      "prod", ringDirectory: scratch.path, state: StateDirectory(path: scratch.file("state")))
  }

  var isRight: Bool {
    guard !hasFailed else { return false }
    guard let isShut = sender?.gate.isShut else { return true }
    return isShut ? !senderMust : senderMay
  }

  private var now_ns: UInt64 { UInt64(Date().timeIntervalSince1970 * 1e9) }

  private mutating func tripped() {
    (must, may, senderMay, senderMust) = (false, false, false, false)
    sender?.gate.acknowledge(monotonic_ns: MonotonicClock.now)
  }

  private mutating func armed() {
    (must, may) = (true, true)
    // A sender that runs stays as it is.
  }

  mutating func arm() {
    let record = try? one.arm(who: "a", reason: "r", deadManSeconds: nil)
    if record != nil { armed() }
  }

  mutating func resume() {
    let record = try? one.resume(who: "a", reason: "r", deadManSeconds: nil) { _ in }
    if record != nil { armed() }
  }

  /// While a sender is there, which is this very process, by its steps.
  mutating func kill() {
    if sender == nil {
      let outcome = one.kill(who: "b", reason: "r")
      hasFailed = hasFailed || !outcome.isConfirmed || outcome.failure != nil
    } else {
      one.shut()
      _ = try? one.state.trip("prod", .operatorKill, who: "b", reason: "r", time_ns: 1)
    }
    tripped()
  }

  /// A kill that was itself killed after its first step.
  mutating func shutOnly() throws {
    let isThere = (try? KillPage.attach("prod", ringDirectory: scratch.path)) != nil
    one.shut()
    if isThere { tripped() }
  }

  /// An arming that was killed between the disk and the page: either is right, from here on.
  mutating func crashInArming() throws {
    guard !one.status().isArmed, sender == nil else { return }
    let record = try? one.state.arm(
      "prod", from: one.state.standing(of: "prod"), who: "c", reason: "r", deadManSeconds: nil,
      time_ns: now_ns)
    if record != nil { (must, may) = (false, true) }
  }

  mutating func start() throws {
    guard sender == nil else { return }
    sender = WalkSender(
      try KillGate.claim("prod", ringDirectory: scratch.path, state: one.state))
    (senderMay, senderMust) = (may, must)
    if sender?.gate.isShut == false { opened += 1 }
  }

  mutating func end() {
    sender = nil
    (senderMay, senderMust) = (false, false)
  }

  mutating func tripFromWithin() {
    guard let sender, !sender.gate.isShut else { return }
    sender.gate.trip(.rate, at: now_ns)
    tripped()
  }

  mutating func keep() throws { try one.keepTrip() }

  /// What the page alone knew is written before: whoever watches has done so.
  mutating func reboot() throws {
    end()
    try one.keepTrip()
    try? Region.remove(directory: scratch.path, name: "tickway.prod.gate")
  }

  /// The highest record loses its end. The sender that runs is not touched by that.
  mutating func damage() throws {
    let number = one.state.standing(of: "prod").number
    guard number > 0 else { return }
    truncate("\(one.state.path)/prod.state.\(number)", 20)
    (must, may) = (false, false)
  }
}
