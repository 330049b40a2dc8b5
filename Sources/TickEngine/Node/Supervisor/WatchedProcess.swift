import CLinux
import Glibc

/// How a role's process ended.
public enum RoleEnd: Equatable, Sendable, CustomStringConvertible {
  case exit(Int32)
  case signal(Int32)
  /// It was adopted: only its parent, which died, could have learned how.
  case unknown

  /// Whether it says that it ended in order, as a role does on SIGTERM.
  public var isOrderly: Bool {
    self == .exit(0) || self == .exit(128 + SIGTERM) || self == .unknown
  }

  /// Whether the next start would end the same way: a feed that began anew where that is refused, a
  /// wrong option, no permission, a wrong file.
  public var isFinal: Bool { [3, 64, 77, 78].contains { self == .exit($0) } }

  /// As a shell says it.
  public var status: Int32 {
    switch self {
    case .exit(let code): code
    case .signal(let number): 128 + number
    case .unknown: 0
    }
  }

  public var description: String {
    switch self {
    case .exit(let code): "exit code \(code)"
    case .signal(let number): "signal \(number) (\(unsafe String(cString: strsignal(number))))"
    case .unknown: "an end that its supervisor did not see"
    }
  }
}

/// A process of a role: started here, or adopted after its supervisor died.
///
/// Owns its descriptors; dropping it leaves the process alone.
/// Thread safety: one thread, and for a start the one whose death the process is to be told of.
final class WatchedProcess {
  let pid: Int32
  /// With the pid, names the process for ever.
  let startTicks: UInt64
  let isAdopted: Bool
  /// A pidfd: readable once the process has ended.
  let descriptor: Int32
  /// Its standard error, or -1.
  private(set) var errors: Int32
  /// Its standard output: a file without a name, or -1.
  private let output: Int32
  private var lines = LineSplitter()

  private init(pid: Int32, descriptor: Int32, output: Int32, errors: Int32, isAdopted: Bool) {
    var state = clinux_process_state()
    startTicks = unsafe clinux_process_look(pid, &state) == 0 ? state.start_ticks : 0
    self.pid = pid
    self.descriptor = descriptor
    self.output = output
    self.errors = errors
    self.isAdopted = isAdopted
  }

  deinit { for open in [descriptor, output, errors] where open >= 0 { close(open) } }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - environment: all of it.
  ///   - isHurried: whether it goes before what shares its cores, if that is allowed, until `calm`.
  static func start(
    _ launch: RoleLaunch, arguments: [String], environment: [String: String],
    onDeath: SupervisorDeath, isHurried: Bool = false
  ) throws(SupervisorError) -> WatchedProcess {
    func failure(_ code: Int32) -> SupervisorError {
      .notStarted(role: launch.title, path: launch.path, code: -code)
    }
    let output = unsafe clinux_output_make(launch.name)
    guard output >= 0 else { throw failure(output) }
    var (reader, writer): (Int32, Int32) = (-1, -1)
    let piped = unsafe clinux_pipe(&reader, &writer)
    guard piped == 0 else {
      close(output)
      throw failure(piped)
    }
    var process: Int32 = -1
    let pid = unsafe CStrings.with([launch.path] + arguments) { arguments in
      unsafe CStrings.with(environment.map { "\($0.key)=\($0.value)" }) { environment in
        unsafe launch.path.withCString { path in
          var order = unsafe clinux_spawn_order(
            path: path, arguments: arguments, environment: environment, output: output,
            error: writer, death_signal: onDeath == .stop ? SIGTERM : 0,
            is_hurried: isHurried ? 1 : 0)
          return unsafe clinux_spawn(&order, &process)
        }
      }
    }
    close(writer)
    guard pid > 0 else {
      close(output)
      close(reader)
      throw failure(pid)
    }
    return WatchedProcess(
      pid: pid, descriptor: process, output: output, errors: reader, isAdopted: false)
  }

  /// The living process of that pid and start; nil: there is none any more.
  static func adopt(pid: Int32, startTicks: UInt64) -> WatchedProcess? {
    let descriptor = pid > 0 ? clinux_process_open(pid) : -ESRCH
    guard descriptor >= 0 else { return nil }
    let process = WatchedProcess(
      pid: pid, descriptor: descriptor, output: max(-1, clinux_output_of(pid, 1)),
      errors: max(-1, clinux_output_of(pid, 2)), isAdopted: true)
    // Opened first: a process that is there after that is the one that was looked at.
    return process.startTicks == startTicks && !process.hasEnded ? process : nil
  }

  var hasEnded: Bool { clinux_process_has_ended(descriptor) == 1 }

  /// Has it share its cores with others as they do with each other.
  func calm() { _ = clinux_process_calm(pid) }

  func send(_ signal: Int32) { _ = clinux_process_signal(descriptor, signal) }

  /// Its end, if it has ended; a child is then gone for good.
  func reap() -> RoleEnd? {
    guard hasEnded else { return nil }
    var end = clinux_process_end()
    // Not 1: no child of this process.
    guard unsafe clinux_process_reap(descriptor, &end) == 1 else { return .unknown }
    return end.signal == 0 ? .exit(end.code) : .signal(end.signal)
  }

  /// The lines that it has said on standard error since; with `all` the unfinished last one, too.
  func newLines(all: Bool = false) -> [String] {
    var found: [String] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    // Bounded: a role that never stops talking must not keep its supervisor from the others.
    for _ in 0..<16 where errors >= 0 {
      let count = unsafe read(errors, &buffer, buffer.count)
      if count > 0 {
        found += lines.take(buffer[..<count])
        continue
      }
      if count == 0 || (errno != EAGAIN && errno != EINTR) {
        close(errors)
        errors = -1
      }
      break
    }
    if all, let rest = lines.takeRest() { found.append(rest) }
    return found
  }

  /// What it has printed on standard output; at most a mebibyte of it.
  var printed: String {
    var file = stat()
    guard output >= 0, unsafe fstat(output, &file) == 0, file.st_size > 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: min(Int(file.st_size), 1 << 20))
    let count = unsafe pread(output, &bytes, bytes.count, 0)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }
}

/// Strings as C takes a list of them.
private enum CStrings {
  static func with<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    // The copies live until the body has returned; the list ends with nil, and so has an address.
    var copies = unsafe strings.map { unsafe strdup($0) }
    defer { for index in 0..<strings.count { unsafe free(copies[index]) } }
    unsafe copies.append(nil)
    return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
  }
}
