import Synchronization

/// Says to a role that runs on a thread of its own that it is to end.
///
/// - Thread safety: any thread may ask, any thread may look.
public final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  public init() {}
  /// Asks it to end, for good.
  public func request() { flag.store(true, ordering: .releasing) }
  public var isRequested: Bool { flag.load(ordering: .acquiring) }
}
