import CLinux
import Glibc

/// A sender's process, seen and cut off from outside. What is held is the process itself, never a
/// later one of the same pid.
///
/// Thread safety: one thread.
struct SenderProcess: ~Copyable {
  enum Life: String, Sendable { case running, stopped, gone }

  /// What came of cutting it off.
  struct Cut: Sendable {
    /// Connections that were reset, and bytes that were queued in them.
    var aborted = 0
    var discardedBytes = 0
    /// Why some connection may still be there; nil: none is.
    var obstacle: String?
  }

  let pid: Int32
  /// A pidfd, or -1: it is gone.
  private let descriptor: Int32

  /// - Parameter startTicks: of whoever is meant.
  init(pid: Int32, startTicks: UInt64) {
    let opened = pid > 0 ? clinux_process_open(pid) : -ESRCH
    var state = clinux_process_state()
    // Opened first: a process that is there after it was looked at is the one that was looked at.
    let isSame =
      unsafe opened >= 0 && clinux_process_look(pid, &state) == 0
      && state.start_ticks == startTicks && clinux_process_has_ended(opened) == 0
    if opened >= 0, !isSame { close(opened) }
    self.pid = pid
    descriptor = isSame ? opened : -1
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  var life: Life {
    guard descriptor >= 0, clinux_process_has_ended(descriptor) == 0 else { return .gone }
    var state = clinux_process_state()
    guard unsafe clinux_process_look(pid, &state) == 0 else { return .gone }
    let letter = UInt8(bitPattern: state.state)
    return letter == UInt8(ascii: "T") || letter == UInt8(ascii: "t") ? .stopped : .running
  }

  /// Whether the connection that the sender said it sends on is one still; nil: it cannot be seen.
  borrowing func isConnected(_ socket: Int32, inode: UInt64) -> Bool? {
    guard descriptor >= 0 else { return false }
    let copy = clinux_process_descriptor(descriptor, socket)
    guard copy >= 0 else { return copy == -EBADF || copy == -ESRCH ? false : nil }
    defer { close(copy) }
    let state = clinux_tcp_state(copy)
    guard state >= 0, clinux_descriptor_inode(copy) == inode else { return false }
    return state != CLINUX_TCP_CLOSED
  }

  /// Resets the connection that the sender said it sends on, if it is still that one.
  borrowing func abort(_ socket: Int32, inode: UInt64) -> Cut {
    cut([socket], inode: inode)
  }

  /// Resets every TCP connection of the process: whatever it may send orders on.
  borrowing func abortAll() -> Cut {
    var descriptors: [Int32] = []
    guard let folder = unsafe opendir("/proc/\(pid)/fd") else {
      guard life != .gone else { return Cut() }
      return Cut(obstacle: SenderProcess.reason("its descriptors cannot be listed", errno))
    }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      // The name is a string that ends in 0 within the entry.
      let number = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe atoi($0) }
      }
      let isDot = unsafe entry.pointee.d_name.0 == CChar(UInt8(ascii: "."))
      if !isDot { descriptors.append(number) }
    }
    return cut(descriptors, inode: nil)
  }

  private borrowing func cut(_ sockets: [Int32], inode: UInt64?) -> Cut {
    var cut = Cut()
    guard descriptor >= 0 else { return cut }
    for number in sockets {
      let copy = clinux_process_descriptor(descriptor, number)
      guard copy >= 0 else {
        // Closed meanwhile, or the process has ended: nothing leaves there any more.
        if copy == -EBADF || copy == -ESRCH { continue }
        cut.obstacle = SenderProcess.reason("its socket cannot be had", -copy)
        continue
      }
      defer { close(copy) }
      if let inode, clinux_descriptor_inode(copy) != inode { continue }
      let state = clinux_tcp_state(copy)
      guard state >= 0, state != CLINUX_TCP_CLOSED, state != CLINUX_TCP_LISTENING
      else { continue }
      let queued = clinux_tcp_unsent(copy)
      let code = clinux_tcp_abort(copy)
      guard code == 0 else {
        cut.obstacle = SenderProcess.reason("its connection cannot be aborted", -code)
        continue
      }
      cut.aborted += 1
      cut.discardedBytes += Int(max(0, queued))
    }
    return cut
  }

  /// The last means. nil: it has ended; else why not.
  borrowing func end(within seconds: Double) -> String? {
    guard descriptor >= 0 else { return nil }
    let code = clinux_process_signal(descriptor, SIGKILL)
    if code == -ESRCH { return nil }
    guard code == 0 else { return SenderProcess.reason("it cannot be killed", -code) }
    let hasEnded = clinux_process_wait(descriptor, Int32(seconds * 1_000)) == 1
    return hasEnded ? nil : "it has not ended \(seconds) s after SIGKILL"
  }

  private static func reason(_ what: String, _ code: Int32) -> String {
    "\(what): \(unsafe String(cString: strerror(code)))"
  }
}
