import CTickRing
import Foundation
import Testing

@testable import TickRing

/// Who may hold a role, and what a successor finds.
@Suite(.timeLimit(.minutes(2)))
struct RoleTests {
  @Test func aSecondProducerInTheProcessIsRefusedAndTheFirstIsNamed() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      var first = try TickProducer(claiming: region.duplicate())
      do throws(RingError) {
        _ = try TickProducer(claiming: region.duplicate())
        Issue.record("a second producer was let in")
      } catch {
        #expect(error.kind == .roleTaken)
        #expect(error.ownerPid == UInt64(getpid()))
        #expect(error.description.contains("pid \(getpid())"))
      }
      let isPublished = first.publish(tick(0), received: 0)
      #expect(isPublished)
    }
  }

  @Test func aSecondConsumerInTheProcessIsRefusedAndTheFirstIsNamed() throws {
    try withScratch { directory in
      let region = try Region.create(.events, directory: directory, name: "r", capacity: 8)
      let first = try EventConsumer(claiming: region.duplicate())
      do throws(RingError) {
        _ = try EventConsumer(claiming: region.duplicate())
        Issue.record("a second consumer was let in")
      } catch {
        #expect(error.kind == .roleTaken)
        #expect(error.ownerPid == UInt64(getpid()))
      }
      let capacity = first.capacity
      #expect(capacity == 8)
    }
  }

  @Test func aDroppedEndpointFreesItsRoleAndEachOwnerIsAGeneration() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      for _ in 0..<3 {
        _ = try TickProducer(claiming: region.duplicate())
        _ = try TickConsumer(claiming: region.duplicate())
      }
      let header = region.headerNow()
      #expect(header.producer_generation == 3)
      #expect(header.consumer_generation == 3)
    }
  }

  @Test(arguments: ["producer", "consumer"])
  func aRoleHeldByAnotherProcessIsRefusedAndFreedByItsDeath(role: String) throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      let claim: () throws(RingError) -> Void = { () throws(RingError) in
        if role == "producer" {
          _ = try TickProducer(claiming: region.duplicate())
        } else {
          _ = try TickConsumer(claiming: region.duplicate())
        }
      }
      let peer = try Peer(directory, "r", role, 0)
      #expect(peer.answer == "ready 0")
      do throws(RingError) {
        try claim()
        Issue.record("the role was given twice")
      } catch {
        #expect(error.kind == .roleTaken)
        #expect(error.ownerPid == UInt64(peer.pid))
      }
      peer.kill()
      try claim()
    }
  }

  @Test func anotherProcessIsRefusedARoleHeldHere() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      let producer = try TickProducer(claiming: region.duplicate())
      let consumer = try TickConsumer(claiming: region.duplicate())
      for role in ["producer", "consumer"] {
        let peer = try Peer(directory, "r", role, 0)
        #expect(peer.answer == "error \(TICKRING_E_ROLE_TAKEN.rawValue) \(getpid())")
      }
      let sequences = (producer.published, consumer.polled)
      #expect(sequences == (0, 0))
    }
  }

  @Test func aSuccessorProducerGoesOnWhereAKilledOneStopped() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      var consumer = try TickConsumer(claiming: region.duplicate())
      let peer = try Peer(directory, "r", "producer", 5)
      #expect(peer.answer == "ready 5")
      peer.kill()
      var producer = try TickProducer(claiming: region.duplicate())
      let resumed = producer.published
      #expect(resumed == 5)
      while producer.publish(tick(producer.published), received: 0) {}
      expectTimestamps(0..<8, from: &consumer)
    }
  }

  @Test func halfAPairOfAKilledProducerIsNeverSeen() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      var consumer = try TickConsumer(claiming: region.duplicate())
      let peer = try Peer(directory, "r", "half", 3)
      #expect(peer.answer == "ready 3")
      peer.kill()
      expectTimestamps(0..<3, from: &consumer)
      var producer = try TickProducer(claiming: region.duplicate())
      let isPublished = producer.publish(tick(3), received: 0)
      #expect(isPublished)
      expectTimestamps(3..<4, from: &consumer)
    }
  }

  /// Polls everything there is.
  func expectTimestamps(_ expected: Range<UInt64>, from consumer: inout TickConsumer) {
    var seen: [UInt64] = []
    var polled = Tick()
    while consumer.poll(&polled) { seen.append(polled.timestamp) }
    #expect(seen == Array(expected))
  }

  /// A half-written pair at every place of every small ring, at every fill, near every boundary.
  @Test(arguments: [2, 4, 8, 16], QueueTests.bases)
  func aHalfWrittenPairIsWithdrawnWhereverItLies(capacity: Int, base: UInt64) throws {
    try withScratch { directory in
      for fill in 0...(capacity - 2) {
        for offset in 0..<UInt64(capacity) {
          let name = "h\(fill)-\(offset)"
          let start = base &+ 120 &+ offset
          try ringStarted(at: start, capacity: capacity, in: directory, name: name)
          try halfPair(directory, name, start: start, fill: UInt64(fill))
        }
      }
    }
  }

  func halfPair(_ directory: String, _ name: String, start: UInt64, fill: UInt64) throws {
    let region = try Region.attach(.ticks, directory: directory, name: name)
    do {
      var producer = try TickProducer(claiming: region.duplicate())
      for number in 0..<fill { _ = producer.publish(tick(number), received: 0) }
    }
    let second = start + fill + 1
    setWord(region, sequence: second, to: tickring_word(second, 0))
    var producer = try TickProducer(claiming: region.duplicate())
    var consumer = try TickConsumer(claiming: region.duplicate())
    let resumed = producer.published
    let isPublished = producer.publish(tick(fill), received: 0)
    var seen: [UInt64] = []
    var polled = Tick()
    while consumer.poll(&polled) { seen.append(polled.timestamp) }
    #expect(resumed == start + fill && isPublished && seen == Array(0...fill))
  }

  @Test func aSuccessorConsumerGoesOnWhereAKilledOneStopped() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 64)
      var producer = try TickProducer(claiming: region.duplicate())
      for number in 0..<UInt64(64) { _ = producer.publish(tick(number), received: 0) }
      let peer = try Peer(directory, "r", "consumer", 7)  // 7: its shared head still says 0
      #expect(peer.answer == "ready 7")
      peer.kill()
      while producer.publish(tick(producer.published), received: 0) {}
      let published = producer.published
      #expect(published == 71)
      var consumer = try TickConsumer(claiming: region.duplicate())
      expectTimestamps(7..<71, from: &consumer)
    }
  }

  @Test(arguments: [UInt64(1), 77, 1 << 31, 1 << 63, .max, .max - 3])
  func nonsenseInTheConsumersLinesNeverLeadsOutsideTheSlots(nonsense: UInt64) throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 16)
      var before = try TickProducer(claiming: region.duplicate())
      _ = before.publish(tick(0), received: 0)
      region.raw.header.pointee.position = nonsense
      region.raw.header.pointee.head = nonsense &* 3
      var published = 0
      while published < 100, before.publish(tick(1), received: 0) { published += 1 }
      #expect(published <= 32)  // the room it knew of, and a likely lie's: it has an end
      _ = consume before
      var after = try TickProducer(claiming: region.duplicate())
      var more = 0
      while more < 100, after.publish(tick(1), received: 0) { more += 1 }
      var consumer = try TickConsumer(claiming: region.duplicate())
      var polled = Tick()
      var count = 0
      while count < 100, consumer.poll(&polled) { count += 1 }
      #expect(more <= 32 && count <= 16)
    }
  }

  @Test func aRefusedClaimClosesItsOwnDescriptorAndNoOther() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      let holder = try TickProducer(claiming: region.duplicate())
      for _ in 0..<100 {
        #expect(
          refusal { () throws(RingError) in
            _ = try TickProducer(claiming: region.duplicate())
          } == .roleTaken)
        #expect(
          refusal { () throws(RingError) in
            _ = try OrderProducer(claiming: region.duplicate())
          } == .kind)
      }
      let published = holder.published
      #expect(published == 0)
      #expect(fcntl(0, F_GETFD) != -1)
      #expect(attachments(to: "\(directory)/r") <= 2)  // the region and the holder at most
    }
  }
}

/// Mappings of a file in this process.
func attachments(to path: String) -> Int {
  let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
  return maps.split(separator: "\n").filter { $0.contains(path) }.count
}
