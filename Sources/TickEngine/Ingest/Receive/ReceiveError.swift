import Glibc

/// Why a line cannot be received, in a sentence that says what to do.
public enum ReceiveError: Error, CustomStringConvertible, Equatable, Sendable {
  /// No interface has this name or address; there are these.
  case noSuchInterface(String, available: [String])
  /// No interface was named, and no route leads to the group.
  case noRoute(LineAddress, code: Int32)
  /// Neither a multicast group nor an address of this machine.
  case neitherGroupNorOwn(LineAddress)
  case groupNotJoined(LineAddress, interface: String, code: Int32)
  case portBusy(LineAddress)
  case portForbidden(LineAddress)
  case noMemory(bytes: Int)
  /// Any other system call that failed.
  case system(call: String, code: Int32)

  public var description: String {
    switch self {
    case .noSuchInterface(let name, let available):
      "there is no interface '\(name)', and none has that address; this machine has "
        + "\(available.joined(separator: ", ")): name one of them with --interface"
    case .noRoute(let line, let code):
      "no route leads to \(LineAddress.text(line.group)) (\(Self.text(code))), so there is no"
        + " interface to join it on: name one with --interface"
    case .neitherGroupNorOwn(let line):
      "\(LineAddress.text(line.group)) is neither a multicast group (224.0.0.0 to"
        + " 239.255.255.255) nor an address of this machine: check the line's address"
    case .groupNotJoined(let line, let interface, let code):
      "the group \(LineAddress.text(line.group)) cannot be joined on \(interface)"
        + " (\(Self.text(code))): \(Self.advice(code))"
    case .portBusy(let line):
      "another program has UDP port \(line.port) for itself: end it (`ss -lunp` shows who it is),"
        + " or use another port"
    case .portForbidden(let line):
      "UDP port \(line.port) needs a privilege (CAP_NET_BIND_SERVICE): use a port from 1024 on"
    case .noMemory(let bytes):
      "there is no memory for \(bytes) bytes of datagrams: make the batch or the longest datagram"
        + " smaller"
    case .system(let call, let code):
      "\(call) failed (\(Self.text(code))): is networking with IPv4 allowed here?"
    }
  }

  private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

  private static func advice(_ code: Int32) -> String {
    switch code {
    case ENOBUFS:
      "the kernel allows no more memberships: raise net.ipv4.igmp_max_memberships"
        + " (for a line with a source, net.ipv4.igmp_max_msf)"
    case ENODEV: "the interface is gone, or has no IPv4: bring it up, or name another"
    case EINVAL, EADDRNOTAVAIL:
      "is it a multicast group, and the source a sender's own address?"
    default: "check the group, the source and --interface"
    }
  }
}
