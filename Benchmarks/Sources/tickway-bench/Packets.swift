import Foundation
import TickEngine

/// Datagrams in memory, one behind the other, as a receive buffer would hold them.
struct Packets {
  struct Place {
    var offset: Int
    var count: Int
    /// Capture time, ns since the Unix epoch, UTC.
    var time: UInt64
  }

  private(set) var bytes: [UInt8] = []
  private(set) var places: [Place] = []

  init(captures: [String]) throws {
    var datagrams = try CaptureDatagrams(paths: captures)
    datagrams.forEach { span, time in
      places.append(Place(offset: bytes.count, count: span.byteCount, time: time))
      span.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
  }

  /// A synthetic day of TOPS 1.6: seed 1, 4,000 symbols.
  init(synthesisedMessages count: Int) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickway-bench-\(ProcessInfo.processInfo.processIdentifier).pcap")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try SynthCapture.write(SynthOptions(messages: count), to: path)
    try self.init(captures: [path])
  }
}
