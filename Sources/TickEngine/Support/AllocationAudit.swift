import Glibc

/// Counts of this thread's allocations and reference counts, where the audit library
/// (`Tests/AllocationAudit/audit.c`) was loaded before the program; nil everywhere else, and nil
/// too where that library cannot see what it should (a program that carries the Swift runtime in
/// itself): what was not counted is not zero.
///
/// A hot thread reads the count where its loop starts and where it stops and reports the
/// difference. Reading is a function call: no allocation, no reference counting. Only the very
/// first call in a process looks the library up, before it returns a count.
///
/// Thread safety: any thread; each has a count of its own.
public enum AllocationAudit {
  private typealias Counter = @convention(c) () -> UInt64
  private typealias Tracer = @convention(c) (UInt64) -> Void

  /// Allocations and reference counts, as `tickway_audit_sees` says them.
  private static let seesAll: UInt64 = 3

  private static let counter: Counter? = {
    guard let sees = unsafe symbol("tickway_audit_sees"),
      let count = unsafe symbol("tickway_audit_count")
    else { return nil }
    // The audit library defines both with this very signature.
    let isBlind = unsafe unsafeBitCast(sees, to: Counter.self)() & seesAll != seesAll
    return isBlind ? nil : unsafe unsafeBitCast(count, to: Counter.self)
  }()

  private static let tracer: Tracer? = {
    // As above; the audit library defines it with this signature.
    unsafe symbol("tickway_audit_trace").map { unsafe unsafeBitCast($0, to: Tracer.self) }
  }()

  private static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
    // A null handle is RTLD_DEFAULT: the whole process, the preloaded library first.
    unsafe dlsym(nil, name)
  }

  /// Whether this process is being audited.
  public static var isActive: Bool { counter != nil }

  /// Events of the calling thread so far; nil if nobody counts.
  public static func count() -> UInt64? { counter?() }

  /// Makes the next `events` events of the calling thread print their call stack to standard
  /// error: for finding what a count that is not zero came from. Nothing if nobody counts.
  public static func traceNext(_ events: UInt64) { tracer?(events) }
}
