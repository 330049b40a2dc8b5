import Glibc
import TickWire

@testable import TickEngine

/// A SoupBinTCP client for tests: blocking, with a time limit on every wait.
final class VenueClient {
  struct Packet: Equatable {
    let type: UInt8
    let payload: [UInt8]
    var letter: String { String(UnicodeScalar(type)) }
    /// The OUCH type of a sequenced packet.
    var message: String { payload.isEmpty ? "" : String(UnicodeScalar(payload[0])) }
  }

  private let descriptor: Int32
  private var framer = SoupBinFramer(capacity: 4_096)
  private let scratch = VenueMemory(count: 512)
  /// Of the connection, so far.
  private(set) var bytesReceived = 0

  /// Buffers in bytes; 0: the system's.
  init(port: UInt16, receiveBuffer: Int32 = 0, sendBuffer: Int32 = 0) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var small = receiveBuffer
    if small > 0 {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &small, socklen_t(MemoryLayout<Int32>.size))
    }
    small = sendBuffer
    if small > 0 {
      setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &small, socklen_t(MemoryLayout<Int32>.size))
    }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    let result = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    precondition(result == 0, "cannot connect: \(errno)")
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Sends what there is room for now; returns how much.
  func offer(_ bytes: [UInt8]) -> Int {
    max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)))
  }

  /// One byte in each segment.
  func trickle(_ bytes: [UInt8]) {
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    for byte in bytes { send([byte]) }
  }

  /// The bytes that an encoder makes.
  func made(_ encode: (MutableBytes) -> Int) -> [UInt8] {
    let length = encode(scratch.bytes)
    return (0..<length).map { scratch.bytes.bytes[$0] }
  }

  func message(_ encode: (MutableBytes) -> Int) -> [UInt8] {
    made { target in
      let length = encode(target.slice(at: 3, count: target.count - 3))
      return SoupBin.frame(.unsequenced, payload: length, into: target)
    }
  }

  func login(
    _ user: String = "alice", _ password: String = "secret", session: String = "",
    sequence: UInt64 = 1
  ) -> [UInt8] {
    let request = SoupBinLoginRequest(
      username: FixedText(user)!, password: FixedText(password)!, session: FixedText(session)!,
      sequence: sequence)
    return made { request.encode(into: $0) }
  }

  func order(
    _ number: UInt32, _ side: Ouch50.Side, _ quantity: UInt32, at priceE4: UInt64,
    _ timeInForce: Ouch50.TimeInForce = .day, symbol: String = "TEST"
  ) -> [UInt8] {
    message {
      Ouch50.EnterOrder.encode(
        into: $0, userRefNum: number, side: side, quantity: quantity, symbol: Symbol(symbol)!,
        priceE4: priceE4, timeInForce: timeInForce)
    }
  }

  /// The next packet, heartbeats included; nil at the end of the connection or the time limit.
  func nextPacket() -> Packet? {
    while true {
      if let packet = framer.next() {
        let payload = (0..<packet.payload.count).map { packet.payload[$0] }
        return Packet(type: packet.typeByte, payload: payload)
      }
      let room = framer.writable
      let count = room.bytes.withUnsafeBytes {
        recv(descriptor, UnsafeMutableRawPointer(mutating: $0.baseAddress!), $0.count, 0)
      }
      guard count > 0 else { return nil }
      framer.received(count)
      bytesReceived += count
    }
  }

  /// The next packet that is no heartbeat.
  func next() -> Packet? {
    while let packet = nextPacket() {
      if packet.letter != "H" { return packet }
    }
    return nil
  }

  func next(_ count: Int) -> [Packet] {
    var result: [Packet] = []
    while result.count < count, let packet = next() { result.append(packet) }
    return result
  }

  /// Whether the connection ends (rather than the time limit).
  func isClosed() -> Bool {
    errno = 0  // an end sets none
    while nextPacket() != nil {}
    return errno != EAGAIN
  }
}

extension VenueClient.Packet {
  /// Calls `read` with the payload as bytes.
  func view<R>(_ read: (Bytes) -> R) -> R {
    payload.withUnsafeBytes { read(Bytes($0)) }
  }
}
