/// How a line is received.
public struct ReceiveOptions: Sendable, Equatable {
  /// The interface to join on: its name or an IPv4 address that it has (127.0.0.1 is `lo`). nil:
  /// the one that the route to the group takes. Of no meaning for a unicast address.
  public var interface: String?
  /// Receive buffer, in bytes of datagrams and their bookkeeping, as SO_RCVBUF takes it; the kernel
  /// sets aside twice that, and charges some 835 bytes of it for the smallest datagram and 2,341
  /// for one of 1,400 bytes. Granted up to net.core.rmem_max, or in full to root.
  public var bufferBytes = 8 << 20
  /// A longer datagram is counted and dropped. In 1...65,535.
  public var datagramBytes_max = 2_048
  /// Datagrams at most in one receive. In 1...1,024.
  public var batch = 32
  /// Whether the kernel stamps what it receives; 100 to 200 ns a datagram.
  public var stampsByKernel = false

  public init(interface: String? = nil) { self.interface = interface }
}
