import CLinux
import Glibc

/// What a thread of the pipeline runs: the whole of a role's life between start and stop.
protocol Role: ~Copyable {
  /// Thread name, at most 15 characters.
  var name: String { get }
  mutating func run() throws
}

/// One role on a thread of its own, pinned if it has a core. The role stays readable after `join`.
///
/// - Thread safety: `start` and `join` from one thread; the role belongs to its thread between.
final class RoleThread<R: Role & ~Copyable>: @unchecked Sendable {
  var role: R
  private(set) var failure: (any Error)?
  private let core: Int?
  private let onFailure: @Sendable () -> Void
  private var thread = pthread_t()
  private var isRunning = false

  /// - Parameter onFailure: called on the role's thread if it throws, so that others can stop.
  init(_ role: consuming R, core: Int?, onFailure: @escaping @Sendable () -> Void) {
    self.role = role
    self.core = core
    self.onFailure = onFailure
  }

  func start() {
    let context = unsafe Unmanaged.passRetained(self).toOpaque()
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        unsafe Unmanaged<RoleThread<R>>.fromOpaque(context!).takeRetainedValue().body()
        return nil
      }, context)
    precondition(code == 0, "the kernel refuses another thread")
    isRunning = true
  }

  func join() {
    guard isRunning else { return }
    _ = unsafe pthread_join(thread, nil)
    isRunning = false
  }

  private func body() {
    clinux_name_thread(role.name)
    if let core { clinux_pin(Int32(core)) }
    do { try role.run() } catch {
      failure = error
      onFailure()
    }
  }
}
