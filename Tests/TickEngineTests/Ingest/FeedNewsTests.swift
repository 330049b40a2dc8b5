import Testing
import TickRing

@testable import TickEngine

/// What the operator is told of a feed, out of the words of the control page.
@Suite struct FeedNewsTests {
  private static let second: UInt64 = 1_000_000_000

  private final class Desk {
    let control: ControlPage
    private var news = FeedNews()
    private var now: UInt64 = 100 * FeedNewsTests.second

    init() throws {
      control = ControlPage(
        try ReplayRegions(directory: "/dev/shm").make(.control, capacity: ControlPage.capacity)
          .attach())
    }

    /// What is said a while later.
    func notes(after nanoseconds: UInt64 = FeedNewsTests.second) -> [String] {
      now += nanoseconds
      var notes: [String] = []
      news.look(control, now: now, ReplayObserver(note: { notes.append($0) }))
      return notes
    }

    var time: UInt64 { now }
  }

  @Test func aServerThatFallsSilentAndAnswersAgainIsToldOnceEach() throws {
    let desk = try Desk()
    #expect(desk.notes().isEmpty)
    desk.control.write(.serverChanges, 1)
    let silent = desk.notes()
    #expect(silent.count == 1 && silent[0].hasPrefix("requests: nobody answers"))
    #expect(desk.notes().isEmpty)
    desk.control.write(.serverChanges, 2)
    #expect(desk.notes() == ["requests: what is missing is waited for again"])
    #expect(desk.notes().isEmpty)
    // Both between two looks: nothing to say.
    desk.control.write(.serverChanges, 4)
    #expect(desk.notes().isEmpty)
  }

  @Test func aWorkerThatTakesNothingIsToldWhileItIsWaitedForAndAfterwards() throws {
    let desk = try Desk()
    desk.control.write(.waitsSince_ns, desk.time)
    desk.control.write(.waitsFor, 3)
    #expect(
      desk.notes() == [
        "worker 2 has taken no tick for 1.00 s, and the feed waits for it: its policy is wait"
      ])
    #expect(desk.notes(after: 6 * Self.second).isEmpty)
    desk.control.write(.waitsFor, 0)
    desk.control.write(.refusedForAge, 7)
    // Not the clock's fault.
    #expect(
      desk.notes() == [
        "worker 2 takes its ticks again, after 8.00 s",
        "feed: quotes and trades refused for their age: 7; they came while it waited",
      ])
    desk.control.write(.refusedForAge, 9)
    #expect(
      desk.notes(after: 60 * Self.second) == [
        "feed: quotes and trades refused for their age: 2; is this machine's clock right? What"
          + " keeps the times of another day needs --max-age off"
      ])
    desk.control.write(.waitsFor, UInt64(ControlPage.capacity))
    #expect(desk.notes().first?.hasPrefix("tap 0 has taken no tick") == true)
  }

  /// Nothing of it is damaged.
  @Test func ticksOfARelayWithoutTheirNamesAreToldAsThat() throws {
    let desk = try Desk()
    desk.control.write(.unnamed, 4_385)
    let told = desk.notes()
    let words = "feed: ticks refused, as no name of their instrument has come: 4385; the relay"
    #expect(told.count == 1 && told[0].hasPrefix(words))
    desk.control.write(.halfQuotes, 2)
    #expect(
      desk.notes() == ["feed: ticks refused, as the other half of their quote did not come: 2"])
    #expect(desk.notes().isEmpty)
  }

  @Test func whatIsTooLongIsToldBeforeTheGapThatItLeaves() throws {
    let desk = try Desk()
    desk.control.write(.tooLong, 12)
    desk.control.write(.missing, 240)
    desk.control.write(.gaps, 1)
    let told = desk.notes()
    #expect(told.count == 2 && told.last == "feed: messages lost: 240, in gaps: 1")
    #expect(told[0].hasPrefix("feed: datagrams dropped as longer than --max-datagram: 12; "))
  }

  @Test func aNewSessionIsNoRestart() throws {
    let desk = try Desk()
    desk.control.write(.sessionChanges, 1)
    #expect(desk.notes() == ["feed: another session began, times: 1"])
    desk.control.write(.restarts, 2)
    #expect(desk.notes() == ["feed: the sequence began anew, times: 2"])
  }
}
