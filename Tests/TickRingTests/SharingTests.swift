import Foundation
import Testing

@testable import TickRing

/// Sealed regions over a UNIX socket, the guard against truncation, and builds.
@Suite(.timeLimit(.minutes(1)))
struct SharingTests {
  private func withSockets(_ body: (Int32, Int32) throws -> Void) throws {
    var sockets: [Int32] = [-1, -1]
    let stream = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    #expect(socketpair(AF_UNIX, stream, 0, &sockets) == 0)
    defer { for socket in sockets where socket >= 0 { close(socket) } }
    try body(sockets[0], sockets[1])
  }

  @Test func aSealedRegionCarriesTicksToWhoeverReceivesIt() throws {
    try withSockets { ours, theirs in
      let sealed = try Region.createSealed(.ticks, capacity: 8)
      try sealed.send(to: ours)
      var producer = try TickProducer(claiming: Region.receive(.ticks, from: theirs))
      var consumer = try TickConsumer(claiming: sealed.duplicate())
      var each = Tick()
      for number in 0..<100 as Range<UInt64> {
        let isPassed = producer.publish(tick(number), received: 0) && consumer.poll(&each)
        #expect(isPassed && isSame(each, tick(number)))
      }
      let isSameBuild = sealed.isSameBuild
      #expect(isSameBuild)
    }
  }

  @Test func aReceivedRegionHasItsRolesApart() throws {
    try withSockets { ours, theirs in
      let sealed = try Region.createSealed(.orders, capacity: 8)
      try sealed.send(to: ours)
      let first = try OrderProducer(claiming: Region.receive(.orders, from: theirs))
      try sealed.send(to: ours)
      #expect(
        refusal { () throws(RingError) in
          _ = try OrderProducer(claiming: Region.receive(.orders, from: theirs))
        } == .roleTaken)
      let published = first.published
      #expect(published == 0)
    }
  }

  @Test func whatIsNotSealedOrOfAnotherKindIsNotReceived() throws {
    try withSockets { ours, theirs in
      let open = try Region.createUnnamed(.ticks, capacity: 8)
      try open.send(to: ours)
      #expect(
        refusal { () throws(RingError) in _ = try Region.receive(.ticks, from: theirs) } == .owner)
      let sealed = try Region.createSealed(.ticks, capacity: 8)
      try sealed.send(to: ours)
      #expect(
        refusal { () throws(RingError) in _ = try Region.receive(.orders, from: theirs) } == .kind)
      #expect(write(ours, "x", 1) == 1)
      #expect(
        refusal { () throws(RingError) in _ = try Region.receive(.ticks, from: theirs) }
          == .notARegion)
      #expect(
        refusal { () throws(RingError) in _ = try Region.createSealed(.ticks, capacity: 3) }
          == .argument)
    }
  }

  @Test func aTruncatedRegionIsLostAndNoCrash() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 4096)
      let guarded = try region.duplicate()
      try guarded.guardAgainstTruncation()
      var producer = try TickProducer(claiming: guarded)
      let isWhole = !producer.isLost
      #expect(isWhole)
      #expect(truncate("\(directory)/r", 0) == 0)
      for number in 0..<4096 as Range<UInt64> { _ = producer.publish(tick(number), received: 0) }
      let (isLost, isKnown) = (producer.isLost, region.isLost)
      #expect(isLost && !isKnown)
    }
  }

  @Test func aGuardEndsWithItsRegion() throws {
    for _ in 0..<200 {
      let region = try Region.createUnnamed(.ticks, capacity: 8)
      try region.guardAgainstTruncation()
      let isLost = region.isLost
      #expect(!isLost)
    }
  }

  @Test func aRegionOfAnotherBuildIsRefusedOnRequestAndOtherwiseRead() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      _ = try Region.attach(.ticks, directory: directory, name: "r", sameBuild: true)
      #expect(try RegionInfo(directory: directory, name: "r").isSameBuild)
      region.raw.header.pointee.build_hash ^= 1
      #expect(
        refusal { () throws(RingError) in
          _ = try Region.attach(.ticks, directory: directory, name: "r", sameBuild: true)
        } == .build)
      let other = try Region.attach(.ticks, directory: directory, name: "r")
      let isSameBuild = other.isSameBuild
      #expect(!isSameBuild)
      let info = try RegionInfo(directory: directory, name: "r")
      #expect(!info.isSameBuild && info.refusal == nil)
    }
  }
}
