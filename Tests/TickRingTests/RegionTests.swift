import CTickRing
import Foundation
import Testing

@testable import TickRing

/// Creating and attaching: each refusal has its reason, and leaves nothing behind.
@Suite(.timeLimit(.minutes(1)))
struct RegionTests {
  /// Creates a good region, spoils it, and says why attaching it is refused.
  func refusal(after spoil: (borrowing Region, String) throws -> Void) throws -> RingError.Kind? {
    var kind: RingError.Kind?
    try withScratch { directory in
      let path = "\(directory)/r"
      do {
        let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 256)
        try spoil(region, path)
      }
      kind = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.attach(.ticks, directory: directory, name: "r")
      }
      #expect(attachments(to: path) == 0, "a refused attach leaves no mapping")
    }
    return kind
  }

  /// Kilobytes of a file, or of what begins at an address, that this process has mapped pages for.
  private func mapped_kB(_ name: String) throws -> [Int] {
    let file = try #require(fopen("/proc/self/smaps", "re"))
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 4096)
    var (isIts, found): (Bool, [Int]) = (false, [])
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(decoding: buffer.prefix { $0 > 10 }.map { UInt8($0) }, as: UTF8.self)
      let words = line.split(separator: " ")
      if words.count > 4, words[0].contains("-") {
        isIts = line.hasSuffix(name) || line.hasPrefix(name)
      }
      if isIts, words[0] == "Rss:" { found.append(Int(words[1]) ?? -1) }
    }
    return found
  }

  @Test func anUntouchedAttachmentHasNoPagesUntilTheyAreUsed() throws {
    try withScratch { directory in
      let path = "\(directory)/r"
      var found: [[Int]] = []
      _ = try Region.create(.ticks, directory: directory, name: "r", capacity: 4096)
      let held = try Region.attach(.ticks, directory: directory, name: "r", untouched: true)
      found.append(try mapped_kB(path))
      let again = try held.duplicate(untouched: true)
      found.append(try mapped_kB(path))
      var producer = try TickProducer(claiming: held.duplicate())
      found.append(try mapped_kB(path).sorted())
      #expect(found == [[0], [0, 0], [0, 0, 132]])
      let isPublished = producer.publish(Tick(), received: 0)
      let heads = [held.raw.header.pointee.capacity, again.raw.header.pointee.capacity]
      #expect(isPublished && heads == [4096, 4096])
    }
  }

  @Test func anUntouchedRegionHasItsMemoryAndNoPagesYet() throws {
    try withScratch { directory in
      let path = "\(directory)/r"
      let region = try Region.create(
        .positions, directory: directory, name: "r", capacity: 4096, untouched: true)
      let first = String(UInt(bitPattern: region.raw.header), radix: 16)
      let mapped = try mapped_kB("\(first)-")
      var file = stat()
      #expect(stat(path, &file) == 0 && file.st_blocks * 512 >= 4096 * 64)
      #expect(mapped.count == 1 && mapped[0] < 16)
      let refused = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.create(
          .positions, directory: directory, name: "s", capacity: 4096, node: 0, untouched: true)
      }
      #expect(refused == .argument && region.capacity == 4096)
    }
  }

  /// What this thread has met so far.
  private var pageFaults: Int {
    var usage = rusage()
    let thread = __rusage_who_t(1)  // RUSAGE_THREAD, which Glibc does not show
    return getrusage(thread, &usage) == 0 ? usage.ru_minflt : -1
  }

  @Test func anAttachedRegionIsWrittenWithoutAPageFault() throws {
    try withScratch { directory in
      _ = try Region.create(.positions, directory: directory, name: "r", capacity: 1 << 15)
      let region = try Region.attach(.positions, directory: directory, name: "r")
      let (body, bytes) = (region.raw.body!, region.capacity * 64)
      let before = pageFaults
      for offset in stride(from: 0, to: bytes, by: 4096) { body[offset] = 1 }
      let met = pageFaults - before
      #expect(bytes == 2 << 20 && met < 16)
    }
  }

  @Test func anUnspoiltRegionIsAttached() throws {
    #expect(try refusal { _, _ in } == nil)
  }

  @Test func aHeaderFieldThatLiesIsRefusedWithItsReason() throws {
    typealias Spoil = (UnsafeMutablePointer<tickring_header>) -> Void
    let cases: [(RingError.Kind, Spoil)] = [
      (.notARegion, { $0.pointee.magic = 0 }),
      (.notARegion, { $0.pointee.magic ^= 1 << 63 }),
      (.version, { $0.pointee.version = 2 }),
      (.version, { $0.pointee.version = 0 }),
      (.kind, { $0.pointee.kind = RegionKind.directory.rawValue }),
      (.kind, { $0.pointee.kind = 99 }),
      (.layout, { $0.pointee.layout_hash ^= 1 }),
      (.layout, { $0.pointee.slot_bytes = 24 }),
      (.layout, { $0.pointee.header_bytes = 8192 }),
      (.layout, { $0.pointee.capacity = 0 }),
      (.layout, { $0.pointee.capacity = 255 }),
      (.layout, { $0.pointee.capacity = 1 << 31 }),
      (.layout, { $0.pointee.capacity = .max }),
      (.size, { $0.pointee.capacity = 512 }),
      (.size, { $0.pointee.capacity = 1 << 30 }),
      (.size, { $0.pointee.capacity = 1 }),
      (.size, { $0.pointee.region_bytes = 0 }),
      (.size, { $0.pointee.region_bytes += 4096 }),
    ]
    for (number, (reason, spoil)) in cases.enumerated() {
      let kind = try refusal { region, _ in spoil(region.raw.header) }
      #expect(kind == reason, "case \(number)")
    }
  }

  @Test func aFileOfAnotherSizeThanItsHeaderSaysIsRefused() throws {
    let expected: [(Int, RingError.Kind)] = [
      (0, .notARegion), (100, .notARegion), (4095, .notARegion), (4096, .size), (8192, .size),
      (4096 + 256 * 32 - 1, .size), (4096 + 256 * 32 + 1, .size), (1 << 40, .size),
    ]
    for (bytes, reason) in expected {
      let kind = try refusal { _, path in #expect(truncate(path, bytes) == 0) }
      #expect(kind == reason, "\(bytes) bytes")
    }
  }

  @Test func aFileThatOthersMayWriteIsRefused() throws {
    let expected: [(mode_t, RingError.Kind?)] = [
      (0o620, .owner), (0o602, .owner), (0o666, .owner), (0o644, nil),
    ]
    for (mode, reason) in expected {
      let kind = try refusal { _, path in #expect(chmod(path, mode) == 0) }
      #expect(kind == reason)
    }
  }

  @Test func whatIsNoFileIsRefusedAndNotWaitedFor() throws {
    try withScratch { directory in
      mkfifo("\(directory)/fifo", 0o600)
      mkdir("\(directory)/directory", 0o700)
      _ = try Region.create(.ticks, directory: directory, name: "real", capacity: 4)
      symlink("\(directory)/real", "\(directory)/symlink")
      for name in ["fifo", "directory", "symlink"] {
        let kind = TickRingTests.refusal { () throws(RingError) in
          _ = try Region.attach(.ticks, directory: directory, name: name)
        }
        #expect(kind == .notARegion, "\(name)")
      }
    }
  }

  @Test func whatIsAbsentIsSaidToBe() throws {
    try withScratch { directory in
      for (place, name) in [(directory, "none"), ("\(directory)/none", "r")] {
        let attached = TickRingTests.refusal { () throws(RingError) in
          _ = try Region.attach(.ticks, directory: place, name: name)
        }
        #expect(attached == .absent)
      }
      let removed = TickRingTests.refusal { () throws(RingError) in
        try Region.remove(directory: directory, name: "none")
      }
      #expect(removed == .absent)
    }
  }

  static let badNames = [
    "", ".", "..", ".hidden", "a/b", "/a", "../r", "two\nlines", "\u{1B}[2J",
    "\u{7F}", "\u{9B}2J", String(repeating: "n", count: 300),
  ]

  @Test(arguments: badNames)
  func aNameThatIsNoPlainFileNameIsRefused(name: String) throws {
    try withScratch { directory in
      let created = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.create(.ticks, directory: directory, name: name, capacity: 4)
      }
      let attached = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.attach(.ticks, directory: directory, name: name)
      }
      #expect(created == .argument && attached == .argument)
    }
  }

  @Test(arguments: [0, -1, 3, 100, (1 << 30) + 1, 1 << 31, .max])
  func aCapacityThatIsNoPowerOfTwoUpToTheMaximumIsRefused(capacity: Int) throws {
    try withScratch { directory in
      let kind = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.create(.ticks, directory: directory, name: "r", capacity: capacity)
      }
      #expect(kind == .argument)
      #expect(access("\(directory)/r", F_OK) != 0)
    }
  }

  @Test(arguments: [.min, -1, 63, 1023, 1024, Int(Int32.max), .max])
  func aNodeThatTheMachineLacksIsRefusedAndLeavesNothing(node: Int) throws {
    try withScratch { directory in
      let kind = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.create(.ticks, directory: directory, name: "r", capacity: 4, node: node)
      }
      #expect(node < 0 ? kind == .argument : kind == .nodeAbsent || kind == .noNuma)
      #expect(access("\(directory)/r", F_OK) != 0)
      #expect(attachments(to: "\(directory)/r") == 0)
    }
  }

  @Test func aNameThatExistsIsNotTakenOver() throws {
    try withScratch { directory in
      let first = try Region.create(.ticks, directory: directory, name: "r", capacity: 4)
      let instance = first.headerNow().instance
      let kind = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.create(.ticks, directory: directory, name: "r", capacity: 8)
      }
      let attached = try Region.attach(.ticks, directory: directory, name: "r")
      #expect(kind == .exists)
      #expect(attached.headerNow().instance == instance && attached.capacity == 4)
    }
  }

  @Test func aFullFileSystemIsAnErrorAndLeavesNothing() throws {
    try withScratch { directory in
      var space = statvfs()
      #expect(statvfs(directory, &space) == 0)
      let bytes = UInt64(space.f_blocks) * UInt64(space.f_frsize)
      // Beyond the file system's whole size: refused before a page of it is taken.
      let capacity = 1 << (64 - (bytes / 64).leadingZeroBitCount)
      guard bytes > 0, capacity <= 1 << 30 else {
        print("SKIPPED: /dev/shm is too large for a region that does not fit into it")
        return
      }
      let kind = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.create(.orders, directory: directory, name: "r", capacity: capacity)
      }
      #expect(kind == .full)
      #expect(access("\(directory)/r", F_OK) != 0)
      #expect(attachments(to: "\(directory)/r") == 0)
    }
  }

  @Test(.enabled(if: geteuid() != 0, "SKIPPED: root is refused nothing"))
  func aDirectoryWithoutPermissionIsRefused() throws {
    try withScratch { directory in
      _ = try Region.create(.ticks, directory: directory, name: "r", capacity: 4)
      chmod("\(directory)/r", 0)
      chmod(directory, 0o500)
      defer { chmod(directory, 0o700) }
      let created = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.create(.ticks, directory: directory, name: "s", capacity: 4)
      }
      let attached = TickRingTests.refusal { () throws(RingError) in
        _ = try Region.attach(.ticks, directory: directory, name: "r")
      }
      #expect(created == .permission && attached == .permission)
    }
  }

  @Test func aRemovedRegionLivesOnForThoseAttached() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 4)
      try Region.remove(directory: directory, name: "r")
      var producer = try TickProducer(claiming: region.duplicate())
      var consumer = try TickConsumer(claiming: region.duplicate())
      var polled = Tick()
      let isPublished = producer.publish(tick(3), received: 0)
      let isPolled = consumer.poll(&polled)
      #expect(isPublished && isPolled && isSame(polled, tick(3)))
    }
  }

  @Test func anotherKindsRegionIsRefusedByEveryEndpoint() throws {
    try withScratch { directory in
      let metrics = try Region.create(.metrics, directory: directory, name: "m", capacity: 8)
      let kinds = [
        TickRingTests.refusal { () throws(RingError) in
          _ = try TickProducer(claiming: metrics.duplicate())
        },
        TickRingTests.refusal { () throws(RingError) in
          _ = try EventConsumer(claiming: metrics.duplicate())
        },
        TickRingTests.refusal { () throws(RingError) in
          _ = try BoardWriter(claiming: metrics.duplicate())
        },
        TickRingTests.refusal { () throws(RingError) in
          _ = try DirectoryWriter(claiming: metrics.duplicate(), venue: 0)
        },
      ]
      #expect(kinds == [.kind, .kind, .kind, .kind])
    }
  }

  @Test func theFileIsPrivateAndItsHeaderIsLaidOutAsDocumented() throws {
    try withScratch { directory in
      let region = try Region.create(.ticks, directory: directory, name: "r", capacity: 256)
      var file = stat()
      #expect(stat("\(directory)/r", &file) == 0)
      #expect(file.st_mode == S_IFREG | 0o600)
      #expect(Int(file.st_size) == 4096 + 256 * 32 && region.byteCount == Int(file.st_size))
      #expect(Int(file.st_blocks) * 512 >= Int(file.st_size), "all of it is allocated")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/r"))
      #expect(Array(bytes.prefix(8)) == Array("TKWRING1".utf8))
      let words = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self).prefix(8)) }
      #expect(Array(words[2...]) == [1, 1, 4096, 32, 256, 0])
    }
  }
}
