import CLinux
import Glibc

/// What a thread of the pipeline runs: the whole of a role's life between start and stop.
@usableFromInline
protocol Role: ~Copyable {
  /// Thread name, at most 15 characters.
  var name: String { get }
  mutating func run() throws
}

/// A thread that runs `body`.
///
/// - Thread safety: `start` and `join` from one thread.
class RunningThread: @unchecked Sendable {
  private var thread = pthread_t()
  private var isRunning = false
  /// Why it ended before its time; to be read once it is joined.
  final fileprivate(set) var failure: (any Error)?

  func body() {}

  final func start() {
    let context = unsafe Unmanaged.passRetained(self)
    let code = unsafe pthread_create(&thread, nil, runBody, context.toOpaque())
    precondition(code == 0, "the kernel refuses another thread")
    isRunning = true
  }

  final func join() {
    guard isRunning else { return }
    pthread_join(thread, nil)
    isRunning = false
  }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context = unsafe context {
    unsafe Unmanaged<RunningThread>.fromOpaque(context).takeRetainedValue().body()
  }
  return nil
}

/// One role on a thread of its own, pinned if it has a core. The role is its thread's between
/// `start` and `join`, and may be read by the starter after that.
final class RoleThread<R: Role & ~Copyable>: RunningThread, @unchecked Sendable {
  var role: R
  private let core: Int?
  private let onFailure: @Sendable () -> Void

  /// - Parameter onFailure: called on the role's thread if it throws, so that others can stop.
  init(_ role: consuming R, core: Int?, onFailure: @escaping @Sendable () -> Void) {
    self.role = role
    self.core = core
    self.onFailure = onFailure
  }

  override func body() {
    unsafe clinux_name_thread(role.name)
    if let core { clinux_pin(Int32(core)) }
    do { try role.run() } catch {
      failure = error
      onFailure()
    }
  }
}
