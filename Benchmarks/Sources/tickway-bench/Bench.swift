import Foundation
import TickEngine

/// A benchmark that cannot run, in a sentence.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

@main
struct Bench {
  static let usage = """
    usage: tickway-bench decode [--capture FILE]… [--messages N] [--runs N] [--quick] [--json FILE]
           tickway-bench kill [--runs N] [--quick] [--json FILE]
           tickway-bench order [--runs N] [--quick] [--json FILE]
           tickway-bench publish [--messages N] [--runs N] [--quick] [--json FILE]
           tickway-bench receive [--runs N] [--quick] [--json FILE]
           tickway-bench replay [--messages N] [--repeat N] [--runs N] [--quick] [--json FILE]
           tickway-bench risk [--runs N] [--quick] [--json FILE]
    """

  private static let verbs = [
    "decode", "kill", "order", "publish", "receive", "replay", "risk",
  ]

  private var verb = ""
  private var captures: [String] = []
  private var messages = 1_000_000
  private var repeats = 10
  private var runs = 9
  private var isQuick = false
  private var json: String?

  static func main() {
    do {
      if CommandLine.arguments.dropFirst().first == "kill-sender" {
        return try KillBenchmark.send(CommandLine.arguments.dropFirst(2))
      }
      try Bench(CommandLine.arguments.dropFirst()).run()
    } catch {
      FileHandle.standardError.write(Data("tickway-bench: \(error)\n".utf8))
      exit(1)
    }
  }

  private init(_ arguments: ArraySlice<String>) throws {
    guard let first = arguments.first, Bench.verbs.contains(first) else {
      throw BenchError(Bench.usage)
    }
    verb = first
    var rest = arguments.dropFirst()
    while let option = rest.popFirst() {
      switch option {
      case "--quick": (isQuick, messages, repeats, runs) = (true, 50_000, 2, 3)
      case "--capture": captures.append(try Bench.value(of: option, &rest))
      case "--json": json = try Bench.value(of: option, &rest)
      case "--messages": messages = try Bench.number(of: option, &rest)
      case "--repeat": repeats = try Bench.number(of: option, &rest)
      case "--runs": runs = try Bench.number(of: option, &rest)
      default: throw BenchError("unknown option \(option)\n" + Bench.usage)
      }
    }
  }

  private static func value(of option: String, _ rest: inout ArraySlice<String>) throws -> String {
    guard let value = rest.popFirst() else { throw BenchError("\(option) needs a value") }
    return value
  }

  private static func number(of option: String, _ rest: inout ArraySlice<String>) throws -> Int {
    guard let number = Int(try value(of: option, &rest)), number > 0 else {
      throw BenchError("\(option) needs a number above 0")
    }
    return number
  }

  private func run() throws {
    switch verb {
    case "decode": try report(decode())
    case "kill": try report(kill())
    case "order": try report(order())
    case "publish": try report(publish())
    case "receive": try report(receive())
    case "risk": try report(risk())
    default: try report(replay())
    }
  }

  private func decode() throws -> DecodeReport {
    let isSynthesised = captures.isEmpty
    let packets =
      try isSynthesised ? Packets(synthesisedMessages: messages) : Packets(captures: captures)
    guard !packets.places.isEmpty else { throw BenchError("the capture has no datagram") }
    let passes = try DecodeBenchmark(packets: packets).run(passes: runs)
    guard passes[0].messages > 0 else { throw BenchError("the capture has no IEX message") }
    let source = isSynthesised ? "synthetic TOPS 1.6, seed 1" : captures.joined(separator: " ")
    return DecodeReport(source: source, packets: packets.places.count, passes: passes)
  }

  private func receive() throws -> ReceiveReport {
    // Packets that fill the socket's buffer without filling the ring; pings of one turn.
    let (fill, pings) = isQuick ? (500, 200) : (2_000, 1_000)
    let source = try Packets(synthesisedMessages: fill * 40 + 50_000)
    var line = try ReceiveBenchmark.line()
    let benchmark = try ReceiveBenchmark(line: line, packetsPerFill: fill)
    defer { benchmark.close() }
    let drains = try [(1, 1), (10, 1), (10, 2)].map { messages, lines in
      ReceiveReport.Drain(
        try benchmark.run(
          &line, source, messagesPerPacket: messages, lines: lines, times: runs))
    }
    var oneWay: ReceiveReport.Ping?
    if var ping = PingBenchmark(pings: pings) {
      let turns = try ping.run(source, times: runs)
      oneWay = ReceiveReport.Ping(turns, goesFirst: ping.goesFirst)
    }
    return ReceiveReport(drain: drains, one_way: oneWay)
  }

  private func kill() throws -> KillBenchReport {
    let scratch = FileManager.default.temporaryDirectory
      .appending(path: "tickway-bench-kill-\(ProcessInfo.processInfo.processIdentifier)").path
    _ = OrderBenchmark.cores
    var benchmark = try KillBenchmark(stateDirectory: scratch)
    defer { benchmark.remove() }
    var results: [KillBenchmark.Run] = []
    for _ in 0..<runs {
      results.append(
        try benchmark.run(spinning: isQuick ? 20 : 200, stopped: isQuick ? 3 : 20))
    }
    var cancels: [Int: [Double]] = [:]
    for open in [1_000, 10_000] {
      for _ in 0..<(isQuick ? 1 : runs) {
        var orders = try OrderBenchmark()
        defer { orders.end() }
        cancels[open, default: []].append(try orders.kill(open: open))
      }
    }
    var process = try KillProcess(command: command(), folder: scratch + "-sender")
    defer { try? FileManager.default.removeItem(atPath: scratch + "-sender") }
    let command = try (0..<(isQuick ? 1 : 4 * runs)).map { _ in try process.cut() }
    var shared: [Int: [Double]] = [:]
    for each in 0...2 {
      let cores = 0..<ProcessInfo.processInfo.activeProcessorCount
      let computing = ComputingThreads(cores: cores, each: each)
      defer { computing.end() }
      shared[each] = try (0..<(isQuick ? 1 : 20 * runs)).map { _ in try process.refuse() }
    }
    return KillBenchReport(results, cancels, command, shared, goesFirst: benchmark.goesFirst)
  }

  private func order() throws -> OrderReport {
    var benchmark = try OrderBenchmark()
    defer { benchmark.end() }
    let size = isQuick ? (orders: 4_096, pings: 200) : (orders: 262_144, pings: 4_000)
    // The first one fills tables and caches, and does not count.
    _ = try benchmark.run(orders: size.orders, pings: size.pings)
    let results = try (0..<runs).map { _ in
      try benchmark.run(orders: size.orders, pings: size.pings)
    }
    return OrderReport(results, goesFirst: benchmark.goesFirst)
  }

  private func publish() throws -> PublishBenchReport {
    let benchmark = PublishBenchmark(
      command: try command(), messages: messages, paced: isQuick ? 25 : 100)
    return try benchmark.run(times: runs)
  }

  private func replay() throws -> ReplayBenchReport {
    try ReplayBenchmark(command: command(), messages: messages, repeats: repeats).run(times: runs)
  }

  private func risk() throws -> RiskReport {
    var benchmark = try RiskBenchmark()
    return RiskReport(passes: benchmark.run(passes: runs))
  }

  private func command() throws -> String {
    guard let command = ProcessInfo.processInfo.environment["TICKWAY_BIN"] else {
      throw BenchError("TICKWAY_BIN must say where the release build of tickway is")
    }
    return command
  }

  private func report(_ report: some Encodable & CustomStringConvertible) throws {
    print(report)
    guard let json else { return }
    try JSONText.encode(report).write(toFile: json, atomically: true, encoding: .utf8)
  }
}
