import Glibc

/// Capture files: containers, link layers, IP and UDP; and gzip around them.
enum FuzzCapture {
  /// The bytes as an uncompressed capture in memory.
  static func read(_ bytes: Bytes) {
    do {
      var reader = try CaptureReader(bytes)
      let first = drain(&reader)
      // A record takes 12 bytes at the least: work is bounded by the input.
      fuzzCheck(reader.counts.packets <= UInt64(bytes.count / 12), "records have headers")
      let counts = reader.counts
      reader.rewind()
      fuzzCheck(drain(&reader) == first, "a second reading gives as many datagrams")
      fuzzCheck(reader.counts.packets == 2 * counts.packets, "counts add up over readings")
    } catch {
      fuzzUse(String(describing: error).utf8.count)
    }
  }

  private static func drain(_ reader: inout CaptureReader) -> UInt64 {
    let before = reader.counts
    var datagram = Datagram()
    var delivered: UInt64 = 0
    while reader.next(&datagram) {
      delivered += 1
      fuzzUse(datagram.captureTime)
      fuzzUse(datagram.destination.address)
      FuzzIex.read(datagram.payload)
      FuzzMold.read(datagram.payload)
    }
    let after = reader.counts
    let dropped =
      after.truncated - before.truncated + after.ignored.total - before.ignored.total
    fuzzCheck(
      after.packets - before.packets == delivered + dropped,
      "each record is delivered or dropped for one reason")
    return delivered
  }

  /// The bytes as a file on disk, gzip allowed, looked at as `tickway capture` does.
  static func readFile(_ bytes: Bytes) {
    // O_TMPFILE, whose macro the importer does not see: no name, and no disk.
    let descriptor = open("/dev/shm", O_RDWR | 0o20_000_000 | O_DIRECTORY, 0o600)
    fuzzCheck(descriptor >= 0, "a memory file can be made")
    defer { close(descriptor) }
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    fuzzCheck(written == bytes.count, "a memory file takes all")
    do {
      let file = try CaptureFile(
        path: "/proc/self/fd/\(descriptor)", inflateLimitBytes: 1 << 20)
      fuzzCheck(file.bytes.count <= max(1 << 20, bytes.count), "inflation keeps its limit")
      let summary = CaptureSummary(file)
      fuzzUse(summary.counts.packets)
      fuzzUse(summary.streams.count)
    } catch {
      fuzzUse(String(describing: error).utf8.count)
    }
  }
}
