import CLinux
import Glibc
import Synchronization

/// What a thread of the pipeline runs: the whole of a role's life between start and stop.
@usableFromInline
protocol Role: ~Copyable {
  /// Thread name, at most 15 characters.
  var name: String { get }
  mutating func run() throws
}

/// The kernel gives no thread, in a sentence that says what to do.
public struct ThreadFailure: Error, Equatable, CustomStringConvertible {
  public let name: String
  /// The `errno` of the call that failed.
  public let code: Int32

  public var description: String {
    "no thread for \(name) (\(unsafe String(cString: strerror(code)))): ask for fewer --workers, or"
      + " raise this user's limits on threads and memory (ulimit -u, ulimit -v)"
  }
}

/// A thread that runs `body`, with SIGINT and SIGTERM blocked: they are the starter's to hear.
///
/// - Thread safety: `start` and `join` from one thread; `isOver` from any.
class RunningThread: @unchecked Sendable {
  private var thread = pthread_t()
  private var isRunning = false
  /// Why it ended before its time; to be read once it is joined.
  final fileprivate(set) var failure: (any Error)?
  private let hasEnded = Atomic<Bool>(false)

  var name: String { "" }
  func body() {}

  /// - Parameter stackBytes: 0: the system's own choice.
  final func start(stackBytes: Int = 0) throws(ThreadFailure) {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    if stackBytes > 0 { unsafe pthread_attr_setstacksize(&attributes, stackBytes) }
    let context = unsafe Unmanaged.passRetained(self)
    let code = unsafe pthread_create(&thread, &attributes, runBody, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      throw ThreadFailure(name: name, code: code)
    }
    isRunning = true
  }

  /// Whether nothing of `body` is left to run, or it was never started.
  final var isOver: Bool { !isRunning || hasEnded.load(ordering: .acquiring) }

  final func join() {
    guard isRunning else { return }
    pthread_join(thread, nil)
    isRunning = false
  }

  /// Waits for it no longer: it ends by itself, whenever that is, and may be forgotten.
  final func abandon() {
    guard isRunning else { return }
    pthread_detach(thread)
    isRunning = false
  }

  fileprivate final func run() {
    clinux_block_stop_signals()
    body()
    hasEnded.store(true, ordering: .releasing)
  }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context = unsafe context {
    unsafe Unmanaged<RunningThread>.fromOpaque(context).takeRetainedValue().run()
  }
  return nil
}

/// One role on a thread of its own, pinned if it has a core. The role is its thread's between
/// `start` and `join`, and may be read by the starter after that.
final class RoleThread<R: Role & ~Copyable>: RunningThread, @unchecked Sendable {
  var role: R
  /// What the operator should know of how it ran.
  private(set) var note: String?
  private let core: Int?
  private let waiting: WaitPolicy?
  private let onFailure: @Sendable () -> Void

  /// - Parameters:
  ///   - waiting: of a role on the line; nil: it helps beside, and takes no short turns.
  ///   - onFailure: called on the role's thread if it throws, so that others can stop.
  init(
    _ role: consuming R, core: Int?, waiting: WaitPolicy? = nil,
    onFailure: @escaping @Sendable () -> Void
  ) {
    self.role = role
    self.core = core
    self.waiting = waiting
    self.onFailure = onFailure
  }

  override var name: String { role.name }

  override func body() {
    unsafe clinux_name_thread(role.name)
    clinux_wake_in_time()
    waiting?.takeSlice()
    if let core {
      let code = -clinux_pin(Int32(core))
      if code != 0 {
        let reason = unsafe String(cString: strerror(code))
        note = "\(role.name) is not pinned to core \(core) (\(reason)): it ran on any"
      }
    }
    do { try role.run() } catch {
      failure = error
      onFailure()
    }
  }
}
