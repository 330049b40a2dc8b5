import Testing
import TickRing

@testable import TickEngine

/// What the operator is told of lines.
@Suite struct LineWatcherTests {
  private static let second: UInt64 = 1_000_000_000

  /// A line that has only just to speak has not been silent since the start.
  @Test func silenceCountsFromTheOpening() throws {
    let page = try ReplayRegions(directory: "/dev/shm").make(
      .control, capacity: ControlPage.capacity)
    let control = ControlPage(try page.attach())
    var notes: [String] = []
    let observer = ReplayObserver(note: { notes.append($0) })
    var watcher = LineWatcher([LineAddress("239.1.2.3:5000")!], "lo")
    let start = MonotonicClock.now
    func look(_ feed: FeedState, _ line: LineState, after seconds: UInt64) -> Bool {
      control.write(.lineStates, feed.code | line.code << 8)
      watcher.look(control, now: start + seconds * Self.second, observer)
      return notes.contains { $0.contains("not one packet of the feed in 5 s") }
    }
    let told = [
      look(.closed, .closed, after: 60), look(.neverSeen, .neverSeen, after: 61),
      look(.neverSeen, .neverSeen, after: 65), look(.stale, .neverSeen, after: 66),
    ]
    #expect(told == [false, false, false, true], "\(notes)")
  }
}
