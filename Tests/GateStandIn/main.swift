import CLinux
import Glibc
import TickEngine

// A sender reduced to what a kill has to stop: it looks at the gate, and sends.
//
// gate-stand-in RING-DIR STATE-DIR INSTANCE PORT KIND
//   spin   looks before each number that it sends, acknowledges when shut
//   blind  never looks: it hangs in its sending loop
//   idle   is connected to nothing; looks and acknowledges nothing
// Of itself it tells: numbers handed to the kernel (as open orders), failed sends (in doubt), and
// how often the socket was full (unsent bytes).

func connected(_ port: UInt16) -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  let size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let code = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
  }
  return code == 0 ? descriptor : -1
}

func main() throws {
  let arguments = CommandLine.arguments
  guard arguments.count == 6, let port = UInt16(arguments[4]) else { exit(64) }
  let kind = arguments[5]
  var gate = try KillGate.claim(
    arguments[3], ringDirectory: arguments[1], state: StateDirectory(path: arguments[2]))
  let descriptor = kind == "idle" ? -1 : connected(port)
  if descriptor >= 0 { gate.publishSocket(descriptor) }
  var told = KillPage.Told()
  var number: UInt64 = 1
  // Bytes of it that are out.
  var part = 0
  while true {
    let now = clinux_monotonic_ns()
    if kind == "spin" {
      gate.checkDeadMan(monotonic_ns: now, at: clinux_realtime_ns())
      if gate.isShut { gate.acknowledge(monotonic_ns: now) }
    }
    if kind != "idle", kind == "blind" || !gate.isShut {
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
      let sent = withUnsafeBytes(of: &number) { bytes in
        send(descriptor, bytes.baseAddress! + part, 8 - part, flags)
      }
      if sent > 0 {
        part += sent
      } else if sent < 0 && errno != EAGAIN {
        told.inDoubt += 1
      } else {
        told.unsentBytes += 1
      }
      if part == 8 {
        (part, number) = (0, number + 1)
        told.openOrders += 1
      }
    }
    // Not each turn: whoever reads it between two tellings must find time to.
    if now > told.told_ns + 50_000 || told.told_ns == 0 {
      told.told_ns = now
      gate.tell(told)
    }
    if kind == "idle" || told.inDoubt > 0 { usleep(200) }
  }
}

do { try main() } catch {
  print("gate-stand-in: \(error)")
  exit(1)
}
