import Glibc
import TestSupport
import Testing

@testable import TickWire

/// Memory for a test to write a message into. Never freed: a view taken from a temporary must not
/// dangle, and a test process is short.
final class WireBuffer: @unchecked Sendable {
  let memory: UnsafeMutableRawBufferPointer
  let target: MutableBytes

  init(count: Int) {
    memory = .allocate(byteCount: count, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
    target = MutableBytes(memory.baseAddress!, count: count)
  }

  convenience init(_ bytes: [UInt8]) {
    self.init(count: max(bytes.count, 1))
    memory.copyBytes(from: bytes)
    length = bytes.count
  }

  /// How much of the memory is the message.
  var length = 0
  var bytes: Bytes { target.bytes.slice(at: 0, count: length) }
  var array: [UInt8] { Array(memory[0..<length]) }

  /// A message made by an encoder.
  static func encoded(_ encode: (MutableBytes) -> Int) -> WireBuffer {
    let buffer = WireBuffer(count: 256)
    buffer.length = encode(buffer.target)
    return buffer
  }
}

/// Expects that of each message every part is malformed, and so is one with a byte behind it.
///
/// - Parameter mayEnd: a length at which it may end early.
func expectNoOtherLength<Kind>(
  of messages: [WireBuffer], _ read: (Bytes) -> Ouch50.Reading<Kind>,
  mayEnd: (WireBuffer) -> Int? = { _ in nil }, location: SourceLocation = #_sourceLocation
) {
  for message in messages {
    let shortest = mayEnd(message)
    for count in 0..<message.length where count != shortest {
      let isMalformed = read(message.bytes.slice(at: 0, count: count)) == .malformed
      #expect(isMalformed, "\(count) bytes", sourceLocation: location)
    }
    let isMalformed = read(WireBuffer(message.array + [0]).bytes) == .malformed
    #expect(isMalformed, "a byte more", sourceLocation: location)
  }
}

extension Bytes {
  var array: [UInt8] { (0..<count).map { self[$0] } }
}

/// Real order-entry packets, where the captures are there.
enum OuchCaptures {
  static var present: Bool { file("EnterOrderMessage.pcap") != nil }

  static func file(_ name: String) -> [UInt8]? {
    guard let file = fopen(CaptureFolder.file("ouch/" + name), "rb") else { return nil }
    defer { fclose(file) }
    var content = [UInt8](repeating: 0, count: 4096)
    content.removeLast(content.count - fread(&content, 1, content.count, file))
    return content
  }

  /// The TCP payload of a capture's only packet, taken apart by hand: file header 24, packet
  /// header 16, Ethernet 14 (or 18 with a VLAN tag), IPv4 and TCP with their own lengths. What
  /// follows the IP length is a trailer of the capturing switch.
  static func payload(_ name: String) -> [UInt8]? {
    guard let content = file(name), content.count > 100 else { return nil }
    var ip = 24 + 16 + 14
    if content[ip - 2] == 0x81 { ip += 4 }
    let total = Int(content[ip + 2]) << 8 | Int(content[ip + 3])
    let tcp = ip + Int(content[ip] & 15) * 4
    let start = tcp + Int(content[tcp + 12] >> 4) * 4
    guard start <= ip + total, ip + total <= content.count else { return nil }
    return Array(content[start..<ip + total])
  }
}
