import Foundation
import Glibc
import TickRing
import Testing

/// `tickway worker`, run by hand.
@Suite(.timeLimit(.minutes(1)))
struct WorkerCommandTests {
  private let scratch = Scratch()

  @Test func itReportsTheTickRingThatIsThere() throws {
    let producer = try TickProducer(
      claiming: Region.create(
        .ticks, directory: scratch.path, name: "hand.ticks.0", capacity: 1_024))
    let worker = try Command.start([
      "worker", "--number", "0", "--name", "hand", "--ring-dir", scratch.path, "--json", "-",
    ])
    #expect(eventually(within: 20) { producer.hasConsumer }, "\(worker.error)")
    worker.signal(SIGTERM)
    let report = try JSONValue(worker.wait(within: 30).output)
    #expect(report["rings"].list[0]["capacity"].count == 1_024)
  }
}
