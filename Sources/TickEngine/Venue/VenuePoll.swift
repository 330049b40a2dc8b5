import Glibc

/// The sockets to wait for: the listener first, then the connections in order.
struct VenuePoll {
  private var entries: [pollfd] = []
  /// Connections in the set.
  private(set) var connections = 0
  /// Some socket that was blocked can be written to again.
  private(set) var anyWritable = false

  /// Waits until something can be read, or written where it was blocked; 0: only looks.
  ///
  /// - Parameter listener: its descriptor; poll ignores one that is negative.
  mutating func wait(
    listener: Int32, connections sockets: [VenueConnection], timeout_ms: Int32, now_ns: Int64
  ) {
    entries.removeAll(keepingCapacity: true)
    entries.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
    for connection in sockets {
      let toRead = connection.mayRead(now_ns) ? POLLIN : 0
      let events = Int16(connection.isBlocked ? toRead | POLLOUT : toRead)
      entries.append(pollfd(fd: connection.socket.descriptor, events: events, revents: 0))
    }
    connections = sockets.count
    // The array is ours for the length of the call.
    _ = unsafe Glibc.poll(&entries, nfds_t(entries.count), timeout_ms)
    anyWritable = entries.contains { $0.revents & Int16(POLLOUT) != 0 }
  }

  /// Whether entry `index` has something to read, an end or an error.
  func isReadable(_ index: Int) -> Bool {
    index < entries.count && entries[index].revents & ~Int16(POLLOUT) != 0
  }
}
