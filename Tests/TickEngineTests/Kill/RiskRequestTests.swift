import CLinux
import Foundation
import Synchronization
import Testing
import TickRing

@testable import TickEngine

/// Requests on a gate's page: each is done once, while somebody waits for it, or not at all.
@Suite(.timeLimit(.minutes(1))) struct RiskRequestTests {
  private func page() throws -> KillPage { try KillPage.unnamed() }

  @Test func aRequestIsOneWord() {
    var last = RiskRequest(raw: 0)
    for action in RiskAction.allCases {
      let request = RiskRequest(action, 200, after: last)
      #expect(request.action == action && request.subject == 200 && request.phase == .asked)
      #expect(request.number == last.number + 1)
      for phase in [RiskRequest.Phase.taken, .over] {
        let other = request.became(phase)
        #expect(other.phase == phase && other.number == request.number && other.action == action)
      }
      last = request
    }
    #expect(RiskRequest(raw: RiskRequest.numberMask).number == RiskRequest.numberMask)
    #expect(RiskRequest(.reset, 0, after: RiskRequest(raw: RiskRequest.numberMask)).number == 0)
  }

  @Test func everyRefusalComesBackAsItWas() throws {
    let page = try page()
    let refusals: [RiskRefusal?] = [
      nil, .notCoolingDown(.warning), .cooling(until: .max), .drawdown(ppm: -1, max_ppm: 100_000),
      .equity, .notKilled(.coolDown), .killed, .notReconciled, .noSuchStrategy, .notOff,
      .resumeInstead,
    ]
    var last = RiskRequest(raw: 0)
    for refusal in refusals {
      let request = RiskRequest(.reset, 1, after: last)
      var answer = RiskAnswer()
      answer.refusal = refusal
      (answer.old, answer.new) = (.coolDown, .recovery)
      answer.equityE4 = refusal == nil ? nil : -5
      answer.drawdown_ppm = refusal == nil ? 7 : nil
      page.answer(request, answer)
      let read = page.answer(to: request)
      #expect(read == answer)
      last = request
    }
  }

  @Test func whatABrokenPageSaysIsNoAnswer() throws {
    let page = try page()
    let request = RiskRequest(.reset, 1, after: RiskRequest(raw: 0))
    let none = page.answer(to: request)
    page.lines.revise(35) { line in
      line[1] = request.number
      line[2] = 0xFFFF_FFFF
    }
    let nonsense = page.answer(to: request)
    page.lines.revise(35) { line in line[2] = 200 }
    let unknown = page.answer(to: request)
    #expect(none == nil && nonsense == nil && unknown == nil)
  }

  @Test func aSuccessorDropsWhatWasAskedOfItsPredecessor() throws {
    let page = try page()
    let request = RiskRequest(.reset, 0, after: page.request())
    let isAsked = page.change(page.request(), to: request)
    page.dropRequest()
    let (left, answer) = (page.request(), page.answer(to: request))
    #expect(isAsked && left == request.became(.over) && answer == nil)
  }

  /// One side asks and takes back at once, the other takes and answers: whatever the instant, it is
  /// withdrawn or done, and never both.
  @Test func whatIsWithdrawnIsNotDone() throws {
    let page = try page()
    let isOver = Atomic<Bool>(false)
    let done = Mutex<Set<UInt64>>([])
    let shared = Box(page)
    let thread = Thread {
      while !isOver.load(ordering: .acquiring) {
        let request = shared.page.request()
        guard request.phase == .asked, shared.page.change(request, to: request.became(.taken))
        else { continue }
        _ = done.withLock { $0.insert(request.number) }
        shared.page.answer(request.became(.taken), RiskAnswer())
      }
    }
    thread.start()
    var withdrawn = Set<UInt64>()
    var random = SeededRandom(seed: 3)
    for _ in 0..<20_000 {
      var last = shared.page.request()
      while last.phase == .taken { last = shared.page.request() }
      let request = RiskRequest(.enable, 1, after: last)
      let isAsked = shared.page.change(last, to: request)
      #expect(isAsked)
      for _ in 0..<random.below(200) { clinux_pause() }
      if shared.page.change(request, to: request.became(.over)) {
        withdrawn.insert(request.number)
      }
    }
    while shared.page.request().phase == .taken {}
    isOver.store(true, ordering: .releasing)
    done.withLock { done in
      #expect(done.isDisjoint(with: withdrawn) && done.count + withdrawn.count == 20_000)
    }
  }
}

private final class Box: @unchecked Sendable {
  let page: KillPage
  init(_ page: consuming KillPage) { self.page = page }
}
