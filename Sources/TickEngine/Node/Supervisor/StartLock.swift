import Glibc

/// Keeps those apart who look for an instance's regions, make them or take them away: without it
/// the second of two starts takes the first one's regions for leftovers.
///
/// A lock of the kernel on the directory itself (flock(2)): it leaves no file behind, and a death
/// frees it. It is held for a look, not for a run: that an instance runs is said by its role table.
///
/// Thread safety: any thread.
enum StartLock {
  private static let look_us: UInt32 = 5_000

  /// Runs `body` while nobody else is in here for the same directory.
  ///
  /// - Parameter wait_s: how long another one is waited for.
  /// - Throws: `SupervisorError`, and what `body` throws.
  @discardableResult
  static func holding<Result>(
    _ directory: String, wait_s: Double = 10, _ body: () throws -> Result
  ) throws -> Result {
    let descriptor = try take(directory, wait_s)
    defer { close(descriptor) }
    return try body()
  }

  private static func take(
    _ directory: String, _ wait_s: Double
  ) throws(SupervisorError) -> Int32 {
    let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .system(what: "\(directory) cannot be locked", code: errno)
    }
    let end = MonotonicClock.now + UInt64(wait_s * 1e9)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR, MonotonicClock.now < end else {
        close(descriptor)
        throw code == EWOULDBLOCK
          ? .startUnderWay(directory: directory, seconds: wait_s)
          : .system(what: refusal(directory, code), code: code)
      }
      usleep(look_us)
    }
    return descriptor
  }

  private static func refusal(_ directory: String, _ code: Int32) -> String {
    let isForGood = code == EOPNOTSUPP || code == ENOLCK
    return "\(directory) cannot be locked"
      + (isForGood ? " there: choose another directories.rings" : "")
  }
}
