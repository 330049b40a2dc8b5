import CTickRing
import Foundation
import TestSupport
import Testing

@testable import TickRing

/// Looking at regions from outside, and removing what nobody uses.
@Suite(.timeLimit(.minutes(2)))
struct RegionInfoTests {
  private func look(_ directory: String, _ name: String = "r") throws -> RegionInfo {
    try RegionInfo(directory: directory, name: name)
  }

  @Test func whatIsPublishedAndTakenIsFoundForEveryFillAndOffset() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      var producer = try TickProducer(claiming: region.duplicate())
      var consumer = try TickConsumer(claiming: region.duplicate())
      var each = Tick()
      for _ in 0..<20 {
        for fill in 0...8 {
          while producer.published < consumer.polled + UInt64(fill) {
            let isPublished = producer.publish(tick(0), received: 0)
            #expect(isPublished)
          }
          let info = try look(directory)
          #expect(info.published == producer.published && info.taken == consumer.polled)
          #expect(info.lag == UInt64(fill) && info.refusal == nil)
        }
        while consumer.poll(&each) {}
        for _ in 0..<3 {
          let isPassed = producer.publish(tick(0), received: 0) && consumer.poll(&each)
          #expect(isPassed)
        }
      }
    }
  }

  @Test func ownersAreAliveOrDeadByTheKernelsWord() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      #expect(try look(directory).producer.generation == 0)
      let peer = try Peer(directory, "r", "producer", 5)
      let alive = try look(directory)
      #expect(alive.producer.isAlive && alive.producer.pid == UInt64(peer.pid))
      #expect(!alive.consumer.isAlive && alive.findings.isEmpty)
      peer.kill()
      let dead = try look(directory)
      #expect(!dead.producer.isAlive && dead.producer.generation == 1 && dead.lag == 5)
      #expect(dead.findings.map(\.isLeftover) == [false])
      #expect(dead.findings.first?.text.contains("resumes at 5") == true)
      let capacity = region.capacity
      #expect(capacity == 8)
    }
  }

  @Test func aRegionIsALeftoverOnlyWhenNoProcessIsAttached() throws {
    try withScratch { directory in
      do {
        let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
        let inUse = try look(directory)
        #expect(inUse.isAttached && inUse.findings.isEmpty)
        #expect(refusal { () throws(RingError) in try inUse.removeUnused() } == .roleTaken)
        let capacity = region.capacity
        #expect(capacity == 8)
      }
      let peer = try Peer(directory, "r", "consumer", 0)
      let held = try look(directory)
      #expect(refusal { () throws(RingError) in try held.removeUnused() } == .roleTaken)
      peer.kill()
      let left = try look(directory)
      #expect(!left.isAttached && left.findings.map(\.isLeftover) == [true])
      try left.removeUnused()
      #expect(
        refusal { () throws(RingError) in
          _ = try RegionInfo(
            directory: directory, name: "r")
        } == .absent)
    }
  }

  @Test func aReaderCountsAsAttached() throws {
    try withScratch { directory in
      _ = try Region.create(.broadcast, directory: directory, name: "r", capacity: 8)
      #expect(try !look(directory).isAttached)
      let reader = try Region.attachReader(.broadcast, directory: directory, name: "r")
      #expect(try look(directory).isAttached)
      let capacity = reader.capacity
      #expect(capacity == 8)
    }
  }

  @Test func whatIsNoRegionIsNeitherListedNorRemoved() throws {
    try withScratch { directory in
      _ = try Region.create(.ticks, directory: directory, name: "b", capacity: 8)
      _ = try Region.create(.broadcast, directory: directory, name: "a", capacity: 8)
      _ = FileManager.default.createFile(atPath: "\(directory)/other", contents: Data(count: 9000))
      _ = FileManager.default.createFile(atPath: "\(directory)/empty", contents: nil)
      try FileManager.default.createDirectory(
        atPath: "\(directory)/folder", withIntermediateDirectories: false)
      #expect(mkfifo("\(directory)/fifo", 0o600) == 0)
      #expect(try RegionInfo.list(directory: directory).map(\.name) == ["a", "b"])
      #expect(tickring_remove_unused(directory, "other") == TICKRING_E_NOT_A_REGION.rawValue)
      #expect(FileManager.default.fileExists(atPath: "\(directory)/other"))
      #expect(
        refusal { () throws(RingError) in
          _ = try RegionInfo.list(
            directory: "\(directory)/none")
        } == .absent)
    }
  }

  @Test func aRegionCutOffWithinItsHeaderIsALeftoverOnceNobodyIsAttached() throws {
    try withScratch { directory in
      do {
        let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
        #expect(truncate("\(directory)/r", 100) == 0)
        let used = try RegionInfo.list(directory: directory)
        #expect(used.map(\.name) == ["r"] && used[0].refusal?.kind == .notARegion)
        #expect(used[0].isAttached && !used[0].findings.contains(where: \.isLeftover))
        let capacity = region.capacity
        #expect(capacity == 8)
      }
      let left = try RegionInfo.list(directory: directory)
      #expect(left.count == 1 && left[0].findings.contains(where: \.isLeftover))
      try left[0].removeUnused()
      #expect(try RegionInfo.list(directory: directory).isEmpty)
    }
  }

  @Test func damageIsAVerdictAndNeverATrap() throws {
    try withScratch { directory in
      _ = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      let path = "\(directory)/r"
      let sound = try Data(contentsOf: URL(fileURLWithPath: path))
      var random = SplitMix(seed: 11)
      for _ in 0..<3000 {
        var bytes = sound
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let at = Int.random(in: 8..<900, using: &random)
          bytes[at] = UInt8.random(in: 0...255, using: &random)
        }
        let isCut = random.next() & 3 == 0
        let length = isCut ? Int.random(in: 0..<bytes.count, using: &random) : bytes.count
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: bytes.prefix(length))
        try file.close()
        let info = try look(directory)
        _ = info.findings
        #expect(length == bytes.count || info.refusal != nil)
        #expect(info.refusal != nil || info.lag <= info.capacity)
      }
    }
  }
}
