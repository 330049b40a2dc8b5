import CBare
import Foundation
import Glibc
import Synchronization
import TickEngine
import TickRing

/// How long a kill takes: until a sender that spins refuses its next order, as two threads; and
/// until one that is stopped is cut off, as two processes with a connection between them. Wall
/// clock: what the machine does meanwhile is in it.
struct KillBenchmark {
  private static let instance = "bench"

  /// ns, one value a kill.
  struct Run {
    /// From just before the word is stored to the reading of the clock of whoever saw it.
    var refused_ns: [Double] = []
    /// From the first instruction of the kill of a stopped sender.
    var shut_ns: [Double] = []
    var cut_ns: [Double] = []
    var persisted_ns: [Double] = []
    /// A look at the gate, in a loop of many.
    var look_ns = 0.0
  }

  private let directory: String
  private let state: StateDirectory
  private let cores: [Int]
  private(set) var goesFirst = false

  /// - Parameter stateDirectory: on a disk, since writing is measured.
  init(stateDirectory: String) throws {
    directory = "/dev/shm/tickway-bench-kill-\(getpid())"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    state = StateDirectory(path: stateDirectory)
    cores = CorePlan(roles: 2).cores.compactMap { $0 }
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: directory)
    try? FileManager.default.removeItem(atPath: state.path)
  }

  private var killSwitch: KillSwitch {
    get throws {
      try KillSwitch(KillBenchmark.instance, ringDirectory: directory, state: state)
    }
  }

  mutating func run(spinning: Int, stopped: Int) throws -> Run {
    var run = Run()
    for _ in 0..<spinning { run.refused_ns.append(try refuse()) }
    run.look_ns = try look()
    for _ in 0..<stopped { try cut(&run) }
    return run
  }

  /// Arms the next generation; the page, if there is one, opens.
  private func arm() throws {
    let record = try state.arm(
      KillBenchmark.instance, from: state.standing(of: KillBenchmark.instance), who: "bench",
      reason: "bench", deadManSeconds: nil, time_ns: 1)
    if let page = try? KillPage.attach(KillBenchmark.instance, ringDirectory: directory) {
      guard page.open(record.generation, from: page.gate) else { throw BenchError("not opened") }
    }
  }

  private func claim() throws -> KillGate {
    let gate = try KillGate.claim(
      KillBenchmark.instance, ringDirectory: directory, state: state)
    guard !gate.isShut else { throw BenchError("the gate is shut from the start") }
    return gate
  }

  // MARK: A spinning sender

  private mutating func refuse() throws -> Double {
    try arm()
    let gate = try claim()
    let trigger = Trigger()
    if cores.count == 2 { bare_pin(Int32(cores[0])) }
    trigger.start(directory: directory, core: cores.count == 2 ? cores[1] : nil)
    goesFirst = bare_go_first(1) != 0
    while !gate.isShut {}
    let seen_ns = MonotonicClock.now
    _ = bare_go_first(0)
    while !trigger.isFinished { usleep(100) }
    guard trigger.stored_ns > 0 else { throw BenchError("nobody shut the gate") }
    return Double(seen_ns - min(trigger.stored_ns, seen_ns))
  }

  private func look() throws -> Double {
    try arm()
    let gate = try claim()
    let looks = 10_000_000
    var open = 0
    let start_ns = MonotonicClock.now
    for _ in 0..<looks where !gate.isShut { open += 1 }
    let end_ns = MonotonicClock.now
    guard open == looks else { throw BenchError("the gate was shut") }
    return Double(end_ns - start_ns) / Double(looks)
  }

  // MARK: A stopped sender

  private func cut(_ run: inout Run) throws {
    try arm()
    let listener = try BenchListener()
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["kill-sender", directory, state.path, "\(listener.port)"]
    try process.run()
    defer {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try listener.acceptAndRead()
    kill(process.processIdentifier, SIGSTOP)
    let one = try killSwitch
    while one.status().senderLife != .stopped { usleep(100) }
    let outcome = one.kill(who: "bench", reason: "bench")
    guard case .cutOff = outcome.sender, outcome.isConfirmed else {
      throw BenchError("a stopped sender was not cut off: \(outcome.sender)")
    }
    run.shut_ns.append(Double(outcome.shut_ns ?? 0))
    run.cut_ns.append(Double(outcome.sender_ns))
    run.persisted_ns.append(Double(outcome.persisted_ns ?? 0))
  }

  /// The other process: connects, and sends as long as it may.
  static func send(_ arguments: ArraySlice<String>) throws {
    let given = Array(arguments)
    guard given.count == 3, let port = UInt16(given[2]) else {
      throw BenchError("kill-sender is for the benchmark itself")
    }
    var gate = try KillGate.claim(
      instance, ringDirectory: given[0], state: StateDirectory(path: given[1]))
    let socket = try BenchListener.connect(port)
    gate.publishSocket(socket)
    var byte: UInt8 = 1
    while true {
      if gate.isShut {
        gate.acknowledge(monotonic_ns: MonotonicClock.now)
      } else {
        Glibc.send(socket, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      }
    }
  }
}

/// Shuts the gate from another thread, after the spinner has settled.
private final class Trigger: Sendable {
  private let stored = Atomic<UInt64>(0)
  private let isReady = Atomic<Bool>(false)
  private let isDone = Atomic<Bool>(false)

  /// When it was about to shut it; 0: it could not.
  var stored_ns: UInt64 { stored.load(ordering: .acquiring) }
  var isFinished: Bool { isDone.load(ordering: .acquiring) }

  func start(directory: String, core: Int?) {
    let thread = Thread {
      if let page = try? KillPage.attach("bench", ringDirectory: directory) {
        if let core { bare_pin(Int32(core)) }
        // The page's first access is not what is measured.
        _ = page.gate
        self.isReady.store(true, ordering: .releasing)
        usleep(500)
        _ = bare_go_first(1)
        let now_ns = MonotonicClock.now
        page.shut(.operatorKill, at: now_ns)
        _ = bare_go_first(0)
        self.stored.store(now_ns, ordering: .releasing)
      }
      self.isReady.store(true, ordering: .releasing)
      self.isDone.store(true, ordering: .releasing)
    }
    thread.start()
    // It begins on its starter's core, which is about to be spun on.
    while !isReady.load(ordering: .acquiring) { usleep(50) }
  }
}

/// The venue's end of one connection.
private struct BenchListener: ~Copyable {
  private let descriptor: Int32
  let port: UInt16

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = BenchListener.loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) | listen(descriptor, 1) | getsockname(descriptor, $0, &size)
      }
    }
    guard code == 0 else { throw BenchError("no socket on loopback") }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  /// The connection is left open until the process ends: nobody reads it.
  func acceptAndRead() throws {
    let connection = accept(descriptor, nil, nil)
    var byte: UInt8 = 0
    guard recv(connection, &byte, 1, 0) == 1 else { throw BenchError("nothing was sent") }
  }

  static func connect(_ port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, size)
      }
    }
    guard code == 0 else { throw BenchError("no connection on loopback") }
    return descriptor
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}

/// What `kill` measured, as JSON: schema `tickway.bench.kill/1`.
struct KillBenchReport: Encodable, CustomStringConvertible {
  /// Of all kills of all runs, ns.
  struct Times: Encodable {
    let count: Int
    let p50_ns: Double
    let p99_ns: Double
    let max_ns: Double

    init(_ values: [Double]) {
      let sorted = values.sorted()
      func percentile(_ part: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
      }
      count = sorted.count
      p50_ns = percentile(0.5)
      p99_ns = percentile(0.99)
      max_ns = sorted.last ?? .nan
    }

    var text: String {
      func micros(_ ns: Double) -> String { "\((ns / 10).rounded() / 100)" }
      return "\(micros(p50_ns)), \(micros(p99_ns)), \(micros(max_ns))"
    }
  }

  let schema = "tickway.bench.kill/1"
  let realtime_priority: Bool
  let look_ns: Spread
  let trigger_to_refusal: Times
  let stopped_shut: Times
  let stopped_cut_off: Times
  let stopped_on_disk: Times
  /// `tickway replay`, trading, stopped and cut off.
  let command_cut_off: Times
  /// `tickway replay`, whose roles share their cores, trading: by number of threads that compute
  /// beside it on each core.
  let command_shared_refusal: [String: Times]
  /// By number of open orders: from the trip until the last cancel is the kernel's.
  let trip_to_last_cancel: [String: Times]
  let machine = MachineCard.current()

  init(
    _ runs: [KillBenchmark.Run], _ cancels: [Int: [Double]], _ command: [Double],
    _ shared: [Int: [Double]], goesFirst: Bool
  ) {
    realtime_priority = goesFirst
    look_ns = Spread(runs.map(\.look_ns))
    trigger_to_refusal = Times(runs.flatMap(\.refused_ns))
    stopped_shut = Times(runs.flatMap(\.shut_ns))
    stopped_cut_off = Times(runs.flatMap(\.cut_ns))
    stopped_on_disk = Times(runs.flatMap(\.persisted_ns))
    command_cut_off = Times(command)
    command_shared_refusal = KillBenchReport.times(shared)
    trip_to_last_cancel = KillBenchReport.times(cancels)
  }

  private static func times(_ values: [Int: [Double]]) -> [String: Times] {
    Dictionary(uniqueKeysWithValues: values.map { ("\($0.key)", Times($0.value)) })
  }

  private static func rows(_ times: [String: Times], _ what: String) -> String {
    times.sorted { $0.key < $1.key }.map { number, times in
      "    \(number) \(what) (\(times.count))".padding(toLength: 27, withPad: " ", startingAt: 0)
        + times.text
    }.joined(separator: "\n")
  }

  var description: String {
    """
    kill: p50, p99 and most, µs
      a look at the gate       \(look_ns.text()) ns
      trigger → the spinning sender refuses (\(trigger_to_refusal.count), \
    \(realtime_priority ? "real-time" : "ordinary") priority)  \(trigger_to_refusal.text)
      a stopped sender (\(stopped_cut_off.count)), from the first instruction of the kill
        gate shut              \(stopped_shut.text)
        its connection reset   \(stopped_cut_off.text)
        the trip on disk       \(stopped_on_disk.text)
      tickway replay, stopped as it trades (\(command_cut_off.count))
        its connection reset   \(command_cut_off.text)
      tickway replay, trading on shared cores, refuses; beside each core
    \(KillBenchReport.rows(command_shared_refusal, "computing"))
      trip → the last cancel of all open orders is the kernel's
    \(KillBenchReport.rows(trip_to_last_cancel, "orders"))
      machine                  \(machine)
    """
  }
}
