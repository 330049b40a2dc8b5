import Foundation
import TestSupport
import Testing

@testable import TickWire

/// Opening: what is refused and why, gzip, and several files as one.
struct CaptureFileTests {
  private func capture(_ payloads: [[UInt8]], at seconds: [UInt32]) -> [UInt8] {
    var pcap = PcapBytes()
    for (payload, second) in zip(payloads, seconds) {
      pcap.add(Frame.plain(payload), seconds: second)
    }
    return pcap.bytes
  }

  private func refusal(_ path: String, limit: Int? = nil) -> CaptureError? {
    let opened = Result { try CaptureFile(path: path, inflateLimitBytes: limit) }
    guard case .failure(let error) = opened else { return nil }
    return error as? CaptureError
  }

  @Test func whatCannotBeOpenedSaysWhy() throws {
    let folder = NSTemporaryDirectory()
    let missing = folder + "tickwire-no-such-file"
    #expect(refusal(missing) == .cannotOpen(path: missing, code: ENOENT))
    #expect("\(CaptureError.cannotOpen(path: "x", code: ENOENT))".contains("No such file"))
    #expect(refusal("/") == .notARegularFile(path: "/", kind: "a directory"))
    #expect(refusal("/dev/null") == .notARegularFile(path: "/dev/null", kind: "a device"))
    let fifo = folder + "tickwire-fifo-\(UUID().uuidString)"
    #expect(mkfifo(fifo, 0o600) == 0)
    defer { unlink(fifo) }
    #expect(refusal(fifo) == .notARegularFile(path: fifo, kind: "a FIFO"))
  }

  @Test func whatIsNotACaptureSaysWhy() throws {
    try withFile([]) { #expect(refusal($0) == .empty(path: $0)) }
    try withFile([1]) { #expect(refusal($0) == .notACapture(path: $0, start: "01")) }
    try withFile(Array("not a capture".utf8)) {
      #expect(refusal($0) == .notACapture(path: $0, start: "6e 6f 74 20 61 20 63 61"))
    }
    try withFile(PcapBytes(linkType: 105).bytes) {
      #expect(refusal($0) == .unsupportedLinkType(path: $0, linkType: 105))
    }
    try withFile(gzip(Array("not a capture".utf8))) {
      #expect(refusal($0) == .notACapture(path: $0, start: "6e 6f 74 20 61 20 63 61"))
    }
    var badMagic = PcapngBytes().bytes
    badMagic[8] = 0
    try withFile(badMagic) {
      #expect(refusal($0) == .notACapture(path: $0, start: "0a 0d 0d 0a 1c 00 00 00"))
    }
  }

  @Test func aFileThatEndsInItsHeaderIsRefused() throws {
    for content in [PcapBytes().bytes, PcapngBytes().bytes] {
      for length in 4..<content.count {
        try withFile(Array(content.prefix(length))) {
          #expect(refusal($0) == .headerCut(path: $0))
        }
      }
    }
  }

  @Test func theContentDecidesAndNotTheName() throws {
    let pcap = capture([[1]], at: [1])
    for (content, container, gzipped) in [
      (pcap, CaptureContainer.pcap, false), (gzip(pcap), .pcap, true),
      (PcapngBytes().bytes, .pcapng, false), (gzip(PcapngBytes().bytes), .pcapng, true),
    ] {
      try withFile(content) { path in
        let file = try CaptureFile(path: path)
        #expect(file.container == container)
        #expect(file.gzipped == gzipped)
        #expect(file.byteCount == content.count)
      }
    }
  }

  @Test func gzipMembersOneAfterAnotherReadAsOne() throws {
    let pcap = capture([[1], [2], [3]], at: [1, 2, 3])
    let parts = gzip(Array(pcap.prefix(50))) + gzip([]) + gzip(Array(pcap.dropFirst(50)))
    try withFile(parts + [0, 0, 0]) { path in
      let content = try CaptureContent(paths: [path])
      #expect(content.payloads == [[1], [2], [3]])
      #expect(!content.counts.cutTail)
    }
    try withFile(parts + [0, 7]) { path in
      let counts = try CaptureContent(paths: [path]).counts
      #expect(counts.cutTail)
    }
  }

  @Test func aCutGzipKeepsWhatInflated() throws {
    let pcap = capture([[1], [2], [3]], at: [1, 2, 3])
    let packed = gzip(pcap)
    for length in 2..<packed.count {
      try withFile(Array(packed.prefix(length))) { path in
        // 10 bytes of member header, 5 of block header, then the content as it is.
        let inflated = min(max(length - 15, 0), pcap.count)
        if inflated < 24 {
          #expect(refusal(path) != nil)
          return
        }
        let content = try CaptureContent(paths: [path])
        #expect(content.payloads.count == (inflated - 24) / (16 + 43))
        #expect(content.counts.cutTail)
      }
    }
  }

  @Test func aDamagedGzipKeepsWhatInflated() throws {
    var packed = gzip(capture([[1]], at: [1]))
    packed[packed.count - 6] ^= 1
    try withFile(packed) { path in
      let content = try CaptureContent(paths: [path])
      #expect(content.payloads == [[1]])
      #expect(content.counts.cutTail)
    }
    try withFile([0x1F, 0x8B, 8, 0, 1]) {
      #expect(refusal($0) == .damagedGzip(path: $0))
    }
    try withFile(gzip([])) { #expect(refusal($0) == .empty(path: $0)) }
  }

  @Test func aCompressionBombIsAnError() throws {
    let packed = gzip([UInt8](repeating: 0, count: 300_000))
    try withFile(packed) {
      #expect(refusal($0, limit: 100_000) == .outOfMemory(path: $0, limitBytes: 100_000))
    }
    try withFile(gzip(capture([[1]], at: [1]))) {
      #expect(refusal($0, limit: 100_000) == nil)
    }
  }

  @Test func filesMergeInTimeOrderAndTiesInFileOrder() throws {
    let a = capture([[1], [2], [3], [4]], at: [10, 20, 15, 40])
    let b = capture([[11], [12], [13]], at: [10, 18, 50])
    let c = PcapBytes().bytes
    try withFile(a) { first in
      try withFile(b) { second in
        try withFile(c) { third in
          let merged = try CaptureContent(paths: [first, second, third])
          // The 3 goes back in time within its file, and stays behind the 2.
          #expect(merged.payloads == [[1], [11], [12], [2], [3], [4], [13]])
          #expect(merged.counts.packets == 7)
          let turned = try CaptureContent(paths: [second, first])
          #expect(turned.payloads == [[11], [1], [12], [2], [3], [4], [13]])
        }
      }
    }
  }

  @Test(arguments: 0...3)
  func aMergeRewinds(_ fileCount: Int) throws {
    try withFile(capture([[1], [2]], at: [1, 2])) { path in
      let paths = [String](repeating: path, count: fileCount)
      var merge = try CaptureMerge(paths: paths)
      var datagram = Datagram()
      for _ in 0..<3 {
        var files: [Int32] = []
        while merge.next(&datagram) { files.append(datagram.fileIndex) }
        let expected = (0..<fileCount * 2).map { Int32($0 % max(fileCount, 1)) }
        #expect(files == expected)
        merge.rewind()
      }
      let packets = merge.counts.packets
      #expect(packets == UInt64(3 * 2 * fileCount))
    }
  }

  @Test func aRewindInTheMiddleStartsOver() throws {
    try withFile(capture([[1], [2], [3]], at: [1, 2, 3])) { path in
      var merge = try CaptureMerge(paths: [path, path])
      var datagram = Datagram()
      for _ in 0..<3 { _ = merge.next(&datagram) }
      merge.rewind()
      var count = 0
      while merge.next(&datagram) { count += 1 }
      #expect(count == 6)
    }
  }
}

/// The real captures, against what two independent parsers counted in them.
@Suite(.enabled(if: CaptureFolder.isPresent))
struct CaptureRealTests {
  @Test(arguments: [
    ("iex/iex_tops16_20170710.pcap.gz", 13_022), ("iex/iex_deep10_20231002.pcap.gz", 5_000),
  ])
  func everyPacketOfTheRealDaysIsADatagram(_ name: String, _ packets: Int) throws {
    let content = try CaptureContent(paths: [CaptureFolder.file(name)])
    #expect(content.payloads.count == packets)
    #expect(content.counts.packets == UInt64(packets))
    #expect(content.counts.ignored == CaptureIgnored())
    #expect(content.counts.truncated == 0)
    #expect(!content.counts.cutTail)
  }

  @Test func aCutPcapngYieldsItsTwoPackets() throws {
    let path = CaptureFolder.file("pcapng/iex_tops16_20180103_truncated.pcapng")
    let content = try CaptureContent(paths: [path])
    #expect(content.payloads.count == 2)
    #expect(content.counts.packets == 2)
    #expect(content.counts.cutTail)
  }

  @Test func aNanosecondPcapngReadsWhole() throws {
    let path = CaptureFolder.file("pcapng/price_index.pcapng")
    let content = try CaptureContent(paths: [path])
    #expect(content.counts.ignored.total + UInt64(content.payloads.count) == content.counts.packets)
    #expect(!content.counts.cutTail)
  }
}
