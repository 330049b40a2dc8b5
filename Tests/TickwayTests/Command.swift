import Foundation
import Glibc
import Testing

/// The built command, started as a process of its own.
enum Command {
  /// TICKWAY_BIN, else what was built beside the tests.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["TICKWAY_BIN"] { return path }
    let test = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return test.deletingLastPathComponent().appending(path: "tickway").path
  }()

  /// What came of a run.
  struct Result {
    /// The exit code, or the number of the signal that ended it, negative.
    let status: Int32
    let output: String
    let error: String
    let seconds: Double
  }

  /// Runs the command to its end; one that takes longer than `seconds` is killed and fails the
  /// test.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], within seconds: Double = 60
  ) throws -> Result {
    try start(arguments, environment: environment).wait(within: seconds)
  }

  static func start(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Running {
    try Running([path] + arguments, environment: environment)
  }
}

/// A process that runs. What it prints goes to files, so that it never waits for a reader.
final class Running {
  private let process = Process()
  private let folder = Scratch()
  private let began = Date()

  /// - Parameter terminal: where it reads and writes instead, if given.
  init(
    _ arguments: [String], environment: [String: String] = [:], terminal: FileHandle? = nil
  ) throws {
    process.executableURL = URL(filePath: "/usr/bin/env")
    // The threads that tests run on block every signal, and children inherit that.
    let signals = "--default-signal=INT,TERM"
    process.arguments = [signals] + environment.map { "\($0.key)=\($0.value)" } + arguments
    process.standardInput = terminal ?? FileHandle.nullDevice
    process.standardOutput = try terminal ?? Running.file(folder["output"])
    process.standardError = try Running.file(folder["error"])
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  private static func file(_ path: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    return try FileHandle(forWritingTo: URL(filePath: path))
  }

  var pid: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var output: String { read("output") }
  var error: String { read("error") }

  private func read(_ name: String) -> String {
    let data = FileManager.default.contents(atPath: folder[name]) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  func signal(_ number: Int32) { kill(pid, number) }

  func wait(within seconds: Double = 60) throws -> Command.Result {
    let isDone = eventually(within: seconds) { !process.isRunning }
    if !isDone {
      Issue.record("still running after \(seconds) s: \(process.arguments ?? []), \(error)")
      kill(pid, SIGKILL)
    }
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Command.Result(
      status: isSignal ? -process.terminationStatus : process.terminationStatus,
      output: output, error: error, seconds: Date().timeIntervalSince(began))
  }
}

/// Whether `condition` comes true in time; looks each millisecond.
func eventually(within seconds: Double, _ condition: () -> Bool) -> Bool {
  let deadline = Date().addingTimeInterval(seconds)
  while !condition() {
    if Date() > deadline { return false }
    usleep(1_000)
  }
  return true
}

/// A directory of a test's own, removed with it.
final class Scratch {
  let path: String

  init() {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "tickway-command-\(UUID().uuidString)").path
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  subscript(name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: self[name], atomically: false, encoding: .utf8)
    return self[name]
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try #require(FileManager.default.contents(atPath: self[name]), "\(name)"))
  }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// Makes a capture in it, and returns its path.
  func synth(
    _ name: String = "day.pcap", messages: Int, symbols: Int = 200, seed: Int = 1
  ) throws -> String {
    let result = try Command.run([
      "synth", "--out", self[name], "--messages", "\(messages)", "--symbols", "\(symbols)",
      "--seed", "\(seed)",
    ])
    try #require(result.status == 0, "\(result.error)")
    return self[name]
  }
}

/// Names in /dev/shm that a run might have left, other tests' own directories apart.
func sharedMemoryNames() -> Set<String> {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? []
  return Set(
    names.filter {
      $0.hasPrefix("tickway") && !$0.hasPrefix("tickway-tests-")
        && !$0.hasPrefix("tickway-engine-tests-")
    })
}

extension Scratch {
  /// Where an instance of a test's own has its regions and its state.
  var places: [String] { ["--ring-dir", path, "--state-dir", self["state"]] }

  /// Arms an instance there, as a person does for the first time.
  func arm(_ instance: String, _ options: String...) throws {
    let armed = try Command.run(
      ["arm", instance, "--who", "anna", "--reason", "first day"] + options + places)
    try #require(armed.status == 0, "\(armed.error)")
  }
}
