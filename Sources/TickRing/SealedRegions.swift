import CTickRing

/// Sealed regions: memory without a name whose size nobody can change any more, so that peers that
/// do not trust each other cannot make each other fault. Handed over a UNIX socket; gone with the
/// last owner. What a peer writes into one is believed no more than in any region.
extension Region {
  /// Creates a sealed region; the parameters are those of `create`. Huge pages come from the
  /// machine's pool (`vm.nr_hugepages`).
  public static func createSealed(
    _ kind: RegionKind, capacity: Int, node: Int? = nil, hugePages: Bool = false
  ) throws(RingError) -> Region {
    var options = options(kind, capacity, node, hugePages)
    var raw = tickring_region()
    let code = tickring_create_sealed(&options, &raw)
    guard code == 0 else { throw RingError(code: code, path: "sealed region") }
    return Region(raw: raw, path: "sealed region")
  }

  /// Hands the region to the peer of a connected UNIX socket, which can then claim roles of its
  /// own. Blocks as the socket does; the socket stays the caller's.
  public borrowing func send(to socket: Int32) throws(RingError) {
    var from = raw
    let code = tickring_send(&from, socket)
    guard code == 0 else { throw RingError(code: code, path: path) }
  }

  /// Takes a region over from the peer of a connected UNIX socket. Throws `.owner` if it is not
  /// sealed, and whatever `attach` would throw.
  public static func receive(
    _ kind: RegionKind, from socket: Int32
  ) throws(RingError) -> Region {
    var raw = tickring_region()
    let code = tickring_receive(socket, kind.rawValue, &raw)
    guard code == 0 else { throw RingError(code: code, path: "received region") }
    return Region(raw: raw, path: "received region")
  }
}
