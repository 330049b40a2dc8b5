import Foundation
import TestSupport
import Testing

@testable import TickWire

extension CaptureFolder {
  static func files(under folder: String) throws -> [String] {
    let root = file(folder)
    let names = try FileManager.default.subpathsOfDirectory(atPath: root)
    return names.filter { $0.hasSuffix(".pcap") }.sorted().map { root + "/" + $0 }
  }
}

/// Writes integers of either byte order one after another.
struct ByteList {
  var bytes: [UInt8] = []
  var isBigEndian = false

  mutating func put<T: FixedWidthInteger>(_ value: T) {
    let ordered = isBigEndian ? value.bigEndian : value.littleEndian
    bytes += withUnsafeBytes(of: ordered) { Array($0) }
  }
  mutating func pad(to multiple: Int) {
    while bytes.count % multiple != 0 { bytes.append(0) }
  }
}

/// Frames made by hand.
enum Frame {
  static func udp(
    _ payload: [UInt8], from: UInt16 = 5_000, to: UInt16 = 10_378, length: UInt16? = nil
  ) -> [UInt8] {
    var out = ByteList(isBigEndian: true)
    out.put(from)
    out.put(to)
    out.put(length ?? UInt16(8 + payload.count))
    out.put(UInt16(0))
    return out.bytes + payload
  }

  static func ipv4(
    _ body: [UInt8], proto: UInt8 = 17, options: Int = 0, fragment: UInt16 = 0x4000,
    totalLength: UInt16? = nil
  ) -> [UInt8] {
    var out = ByteList(isBigEndian: true)
    out.put(UInt8(0x45 + options))
    out.put(UInt8(0))
    out.put(totalLength ?? UInt16(20 + options * 4 + body.count))
    out.put(UInt16(7))
    out.put(fragment)
    out.put(UInt8(64))
    out.put(proto)
    out.put(UInt16(0))
    out.put(UInt32(0x0A00_0001))
    out.put(UInt32(0xE9D7_1504))
    return out.bytes + [UInt8](repeating: 1, count: options * 4) + body
  }

  static func ipv6(_ body: [UInt8], next: UInt8 = 17) -> [UInt8] {
    var out = ByteList(isBigEndian: true)
    out.put(UInt32(0x6000_0000))
    out.put(UInt16(body.count))
    out.put(next)
    out.put(UInt8(1))
    for word: UInt32 in [0xFE80_0000, 0, 0, 9, 0xFF0E_0000, 0, 0, 0xE000_0001] { out.put(word) }
    return out.bytes + body
  }

  static func ethernet(_ body: [UInt8], type: UInt16 = 0x0800, tags: [UInt16] = []) -> [UInt8] {
    var out = ByteList(isBigEndian: true)
    out.bytes = [UInt8](repeating: 2, count: 12)
    for tag in tags {
      out.put(tag)
      out.put(UInt16(42))
    }
    out.put(type)
    return out.bytes + body
  }

  /// A plain UDP datagram on Ethernet.
  static func plain(_ payload: [UInt8]) -> [UInt8] { ethernet(ipv4(udp(payload))) }
}

/// A pcap file made by hand.
struct PcapBytes {
  private(set) var out: ByteList
  var bytes: [UInt8] { out.bytes }

  init(linkType: UInt32 = 1, isBigEndian: Bool = false, isNanosecond: Bool = false) {
    out = ByteList(isBigEndian: isBigEndian)
    out.put(UInt32(isNanosecond ? 0xA1B2_3C4D : 0xA1B2_C3D4))
    out.put(UInt16(2))
    out.put(UInt16(4))
    out.put(UInt64(0))
    out.put(UInt32(65_535))
    out.put(linkType)
  }

  mutating func add(
    _ frame: [UInt8], seconds: UInt32 = 1_500_000_000, fraction: UInt32 = 0, original: Int? = nil
  ) {
    out.put(seconds)
    out.put(fraction)
    out.put(UInt32(frame.count))
    out.put(UInt32(original ?? frame.count))
    out.bytes += frame
  }
}

/// A pcapng file made by hand.
struct PcapngBytes {
  private(set) var out = ByteList()
  var bytes: [UInt8] { out.bytes }

  init(isBigEndian: Bool = false, sectionLength: Int64 = -1) {
    addSection(isBigEndian: isBigEndian, sectionLength: sectionLength)
  }

  mutating func addBlock(_ type: UInt32, _ fill: (inout ByteList) -> Void) {
    var body = ByteList(isBigEndian: out.isBigEndian)
    fill(&body)
    body.pad(to: 4)
    out.put(type)
    out.put(UInt32(body.bytes.count + 12))
    out.bytes += body.bytes
    out.put(UInt32(body.bytes.count + 12))
  }

  mutating func addSection(isBigEndian: Bool, sectionLength: Int64 = -1) {
    out.isBigEndian = isBigEndian
    addBlock(0x0A0D_0D0A) {
      $0.put(UInt32(0x1A2B_3C4D))
      $0.put(UInt16(1))
      $0.put(UInt16(0))
      $0.put(sectionLength)
    }
  }

  mutating func addInterface(
    linkType: UInt16 = 1, snapLength: UInt32 = 0, resolution: UInt8? = nil, offset: Int64? = nil
  ) {
    addBlock(1) { body in
      body.put(linkType)
      body.put(UInt16(0))
      body.put(snapLength)
      if let resolution {
        body.put(UInt16(9))
        body.put(UInt16(1))
        body.put(resolution)
        body.pad(to: 4)
      }
      if let offset {
        body.put(UInt16(14))
        body.put(UInt16(8))
        body.put(offset)
      }
      body.put(UInt32(0))
    }
  }

  mutating func add(
    _ frame: [UInt8], interface: UInt32 = 0, ticks: UInt64 = 0, original: Int? = nil
  ) {
    addBlock(6) { body in
      body.put(interface)
      body.put(UInt32(ticks >> 32))
      body.put(UInt32(truncatingIfNeeded: ticks))
      body.put(UInt32(frame.count))
      body.put(UInt32(original ?? frame.count))
      body.bytes += frame
    }
  }

  mutating func addSimple(_ frame: [UInt8], original: Int? = nil) {
    addBlock(3) { body in
      body.put(UInt32(original ?? frame.count))
      body.bytes += frame
    }
  }
}

/// gzip (RFC 1952) with stored blocks only: enough to test the reading side.
func gzip(_ content: [UInt8]) -> [UInt8] {
  var out = ByteList(bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
  var rest = content[...]
  repeat {
    let part = rest.prefix(40_000)
    rest = rest.dropFirst(part.count)
    out.put(UInt8(rest.isEmpty ? 1 : 0))
    out.put(UInt16(part.count))
    out.put(~UInt16(part.count))
    out.bytes += part
  } while !rest.isEmpty
  out.put(crc32(content))
  out.put(UInt32(content.count))
  return out.bytes
}

private func crc32(_ content: [UInt8]) -> UInt32 {
  var crc: UInt32 = .max
  for byte in content {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  return ~crc
}

/// A file that lives as long as the closure runs.
func withFile<R>(_ content: [UInt8], _ body: (String) throws -> R) throws -> R {
  let path = NSTemporaryDirectory() + "tickwire-capture-\(UUID().uuidString)"
  try Data(content).write(to: URL(fileURLWithPath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// What a capture held.
struct CaptureContent {
  var payloads: [[UInt8]] = []
  var times: [UInt64] = []
  var destinations: [UdpEndpoint] = []
  var counts = CaptureCounts()

  /// Reads a capture from memory.
  init(_ content: [UInt8]) throws {
    // Exactly as many bytes as there are, so that the sanitizer sees a read past the end.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: content)
    var reader = try CaptureReader(Bytes(UnsafeRawBufferPointer(copy)))
    var datagram = Datagram()
    while reader.next(&datagram) { add(datagram) }
    counts = reader.counts
  }

  /// Reads files, merged.
  init(paths: [String]) throws {
    var merge = try CaptureMerge(paths: paths)
    var datagram = Datagram()
    while merge.next(&datagram) { add(datagram) }
    counts = merge.counts
  }

  private mutating func add(_ datagram: Datagram) {
    payloads.append((0..<datagram.payload.count).map { datagram.payload[$0] })
    times.append(datagram.captureTime)
    destinations.append(datagram.destination)
  }
}
