import CLinux
import Foundation
import TickEngine
import TickRing

/// One role: it says in the log what it does, and keeps to the words of the control page.
///
/// Behaviours: `never-ready`; `exit=N` before it is ready; `dies` as often as it is started, just
/// after it is ready; `dies-at-end` the first time that it is to end; `deaf` to every word and
/// signal but SIGKILL; `says=TEXT` on standard error.
struct StandInRole {
  private let kind: String
  private let number: Int
  private let ringDirectory: String
  private let prefix: String
  private let log: String
  private let behaviours: [String]
  private var isTold = false

  init(_ arguments: [String]) {
    kind = arguments[0]
    number = Int(arguments[1])!
    ringDirectory = arguments[2]
    prefix = arguments[3]
    log = arguments[4]
    behaviours = Array(arguments.dropFirst(5))
  }

  private var name: String { kind == "worker" ? "worker-\(number)" : kind }

  mutating func run() -> Int32 {
    clinux_block_stop_signals()
    write("start \(name) \(getpid()) \(behaviours.filter { $0.hasPrefix("127.") }.joined())")
    write("niceness \(name) \(getpriority(Int32(PRIO_PROCESS.rawValue), 0))")
    print("printed by \(name)")
    fflush(nil)
    for text in values("says") { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
    if let code = values("exit").first { return Int32(code)! }
    if has("never-ready") { while true { pause() } }
    let page = ControlPage(
      try! Region.attach(.control, directory: ringDirectory, name: "\(prefix).control"))
    write("ready \(name) \(getpid())")
    ServiceNotice.ready(kind == "venue" ? "X_TICKWAY_PORT=4711\n" : "")
    if has("dies") { kill(getpid(), SIGKILL) }
    live(page)
    write("end \(name)")
    return isTold ? 143 : 0
  }

  private mutating func live(_ page: borrowing ControlPage) {
    switch kind {
    case "worker":
      wait { page.read(.ingestDone) != 0 }
      guard !isTold else { return }
      write("done \(name)")
      page.write(.done, worker: number, 1)
      wait { page.read(.senderDone) != 0 }
    case "sender":
      wait { page.read(.workersDone) != 0 }
      if has("dies-at-end"), starts == 1 { kill(getpid(), SIGKILL) }
    default: wait { false }
    }
  }

  /// Waits for a word, or to be told to end.
  private mutating func wait(_ condition: () -> Bool) {
    while has("deaf") || !condition() && !isTold {
      if clinux_wait_stop_signal(1) != 0 {
        write("told \(name)")
        isTold = true
      }
    }
  }

  /// How often this role has been started, this time included.
  private var starts: Int {
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").count { $0.hasPrefix("start \(name) ") }
  }

  private func has(_ behaviour: String) -> Bool { behaviours.contains(behaviour) }

  private func values(_ key: String) -> [String] {
    behaviours.filter { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.count + 1)) }
  }

  /// One write at the file's end: lines of several processes stay whole, and in their order.
  private func write(_ line: String) {
    let descriptor = open(log, O_WRONLY | O_APPEND | O_CREAT, 0o600)
    let bytes = Array((line + "\n").utf8)
    _ = Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
  }
}
