import Foundation
import Glibc
import Testing

/// Venues that fail, and ends in the middle of a run.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct TroubleTests {
  private let scratch = Scratch()

  private func day() throws -> String { try scratch.synth(messages: 20_000, symbols: 50) }

  /// Starts a replay at the capture's speed, which takes half a minute, and waits until it trades.
  private func startTrading(_ arguments: [String]) throws -> Running {
    let replay = try Command.start(
      [
        "replay", try day(), "--strategy", "market-maker", "--pace", "10x", "--json",
        scratch["report"],
      ] + arguments)
    let isTrading = eventually(within: 5) { replay.error.contains("risk limits") }
    try #require(isTrading, "\(replay.error)")
    // The first quotes come some seconds of exchange time after the start.
    usleep(2_500_000)
    try #require(replay.isRunning, "\(replay.error)")
    return replay
  }

  // MARK: Venues

  @Test func aBusyPortIsRefused() throws {
    let path = try day()
    let venue = try RunningVenue(["--capture", path, "--pace", "max"])
    let second = try Command.run(["venue", "--capture", path, "--listen", venue.address])
    #expect(second.status == 5)
    #expect(second.error.contains("in use by another process; choose another"))
    #expect(second.output.isEmpty)
    #expect(venue.process.isRunning)
  }

  @Test(.enabled(if: getuid() != 0, "root may listen on any port"))
  func aPortThatNeedsRightsIsRefused() throws {
    let result = try Command.run(["venue", "--capture", try day(), "--listen", "127.0.0.1:1"])
    #expect(result.status == 77)
  }

  @Test func anAddressOfAnotherMachineIsRefused() throws {
    let result = try Command.run(["venue", "--capture", try day(), "--listen", "192.0.2.1:9000"])
    #expect(result.status == 64)
    #expect(result.error.contains("try 127.0.0.1"))
  }

  private func refusal(_ venue: String) throws -> Command.Result {
    let names = sharedMemoryNames()
    let result = try Command.run(
      [
        "replay", try day(), "--strategy", "momentum", "--venue", venue, "--limits",
        try scratch.limits(),
      ], within: 10)
    #expect(result.output.isEmpty)
    #expect(sharedMemoryNames() == names)
    return result
  }

  @Test func aVenueThatIsNotThereIsToldApart() throws {
    let listener = Listener()
    let address = listener.address
    listener.end()
    let result = try refusal(address)
    #expect(result.status == 69)
    #expect(result.error.contains("cannot be reached") && result.error.contains("is it running"))
    // Another host needs more than limits, whether it is there or not.
    let other = try refusal("no-such-host.invalid:9000")
    #expect(other.status == 64)
    #expect(other.error.contains("instance") && other.error.contains("reference"))
  }

  @Test func aVenueThatNeverAnswersTheLoginIsGivenUp() throws {
    let listener = Listener()
    let result = try refusal(listener.address)
    #expect(result.status == 69)
    #expect(result.error.contains("did not answer the login within 3 s"))
    listener.end()
  }

  @Test func aVenueThatRefusesTheLoginIsToldApart() throws {
    let path = try day()
    let secret = ["TICKWAY_VENUE_PASSWORD": "sesame"]
    let venue = try RunningVenue(["--capture", path, "--pace", "max"], environment: secret)
    let result = try refusal(venue.address)
    #expect(result.status == 6)
    #expect(result.error.contains("refuses the login (not authorised)"))
    #expect(result.error.contains("TICKWAY_VENUE_PASSWORD"))
    let welcome = try ReplayResult.of(
      [path, "--venue", venue.address], environment: secret)
    #expect(welcome.process.status == 0)
    let other = try Command.run(
      ["replay", path, "--venue", venue.address, "--venue-user", "OTHER"], environment: secret)
    #expect(other.status == 6)
    let end = try venue.end()
    #expect(end.status == 0 && end.output.contains("logins 1, refused 2"))
  }

  /// A venue without a descriptor to spare neither spins nor forgets who waits.
  @Test func aVenueWithoutDescriptorsWaitsForOne() throws {
    let path = try day()
    let few = try Running([
      "sh", "-c", "ulimit -n 40; exec \"$0\" venue --capture \"$1\" --pace max", Command.path,
      path,
    ])
    let isListening = eventually(within: 10) { few.output.hasSuffix("\n") || !few.isRunning }
    try #require(isListening && few.isRunning, "\(few.error)")
    let address = String(few.output.dropFirst("listening on ".count).prefix { $0 != "\n" })
    let clients = (0..<50).map { _ in connect(to: address) }
    #expect(try refusal(address).status == 69)
    for client in clients { close(client) }
    let limits = try scratch.limits()
    #expect(try Command.run(["replay", path, "--venue", address, "--limits", limits]).status == 0)
    few.signal(SIGTERM)
    let counts = try few.wait(within: 5).output
    let failed = counts.split(separator: "no descriptor ").dropFirst().first?.prefix { $0.isNumber }
    // For three seconds and more, ten times a second; one that spins comes to thousands.
    #expect((1...500).contains(failed.flatMap { Int($0) } ?? 0), "\(counts)")
  }

  @Test func aVenueThatDiesInMidRunEndsTheRunWithItsReport() throws {
    let names = sharedMemoryNames()
    let venue = try RunningVenue(["--capture", try day(), "--pace", "10x"])
    let replay = try startTrading([
      "--venue", venue.address, "--limits", try scratch.limits(), "--record", scratch["ticks"],
      "--orders", scratch["orders"],
    ])
    venue.process.signal(SIGKILL)
    let result = try replay.wait(within: 5)
    #expect(result.status == 69)
    #expect(result.error.contains("is gone") && result.error.contains("in doubt"))
    #expect(result.output.contains("in flight"))
    let report = try JSONValue(file: scratch["report"])
    #expect(report["orders", "sent"].count ?? 0 > 0)
    #expect(report["orders", "in_flight"].count != nil && report["orders", "open"].count != nil)
    #expect(report["run", "failure"].text?.contains("is gone") == true)
    // What a failed run recorded says so by its name.
    let whole = ["orders", "ticks", "ticks.symbols.csv", "ticks.worker-0.merge"]
    #expect(!whole.contains { scratch.names.contains($0) })
    #expect(whole.allSatisfy { scratch.names.contains($0 + ".partial") })
    #expect(sharedMemoryNames() == names)
  }

  @Test func aVenueThatStopsInMidRunEndsTheRunToo() throws {
    let venue = try RunningVenue(["--capture", try day(), "--pace", "10x"])
    let replay = try startTrading([
      "--venue", venue.address, "--limits", try scratch.limits(),
    ])
    #expect(try venue.end().status == 0)
    let result = try replay.wait(within: 5)
    #expect(result.status == 69)
    #expect(result.error.contains("is gone"))
  }

  // MARK: Signals

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func aSignalEndsTheRunWithItsReport(signal: Int32, code: Int32) throws {
    let names = sharedMemoryNames()
    let replay = try startTrading(["--record", scratch["ticks"], "--orders", scratch["orders"]])
    replay.signal(signal)
    let result = try replay.wait(within: 5)
    #expect(result.status == code, "\(result.error)")
    #expect(result.output.contains("tick_to_order"))
    let report = try JSONValue(file: scratch["report"])
    let published = try #require(report["ticks", "published"].count)
    #expect(published > 0)
    #expect(report["capture", "packets"].count == report["feed", "packets"].count)
    #expect(UInt64(try scratch.bytes("ticks").count) == published * 24)
    #expect(try scratch.text("ticks.symbols.csv").hasSuffix("\n"))
    #expect(try scratch.text("orders").hasSuffix("\n"))
    #expect(report["orders", "in_flight"].count == 0 && report["orders", "open"].count == 0)
    #expect(!result.error.contains("contradict"))
    #expect(sharedMemoryNames() == names)
  }

  /// Nothing is there yet that would have to be put in order.
  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsAStartAtOnce(signal: Int32) throws {
    let listener = Listener()
    let names = sharedMemoryNames()
    let replay = try Command.start([
      "replay", try day(), "--strategy", "momentum", "--venue", listener.address, "--limits",
      try scratch.limits(), "--record", scratch["ticks"],
    ])
    let isLoggingIn = eventually(within: 10) { listener.hasClient }
    try #require(isLoggingIn, "\(replay.error)")
    replay.signal(signal)
    #expect(try replay.wait(within: 5).status == -signal)
    #expect(sharedMemoryNames() == names && scratch.names == ["day.pcap", "limits.json"])
    listener.end()
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsARunAtFullSpeedToo(signal: Int32) throws {
    let replay = try Command.start([
      "replay", try day(), "--strategy", "market-maker", "--repeat", "100000",
    ])
    let isRunning = eventually(within: 5) { replay.error.contains("risk limits") }
    #expect(isRunning)
    usleep(500_000)
    replay.signal(signal)
    let result = try replay.wait(within: 5)
    #expect(result.status == 128 + signal, "\(result.error)")
    #expect(result.output.contains("tick_to_order"))
  }

  @Test func beingKilledLeavesNothingBehind() throws {
    let names = sharedMemoryNames()
    let before = scratch.names
    let replay = try startTrading(["--record", scratch["ticks"], "--orders", scratch["orders"]])
    replay.signal(SIGKILL)
    #expect(try replay.wait(within: 5).status == -SIGKILL)
    #expect(sharedMemoryNames() == names)
    #expect(scratch.names == before + ["day.pcap"])
  }

  /// Killed at any moment of the start, also between making regions.
  @Test func beingKilledWhileStartingLeavesNothingBehind() throws {
    let path = try day()
    let names = sharedMemoryNames()
    for step in 0..<40 {
      let replay = try Command.start([
        "replay", path, "--strategy", "momentum", "--pace", "1x", "--record", scratch["ticks"],
      ])
      usleep(UInt32(step) * 1_500)
      replay.signal(SIGKILL)
      _ = try replay.wait(within: 5)
    }
    #expect(sharedMemoryNames() == names)
    #expect(scratch.names == ["day.pcap"])
  }
}

/// A connection to a port of loopback that says nothing.
private func connect(to address: String) -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  var name = sockaddr_in()
  name.sin_family = sa_family_t(AF_INET)
  name.sin_addr.s_addr = inet_addr("127.0.0.1")
  name.sin_port = UInt16(address.split(separator: ":").last ?? "")!.bigEndian
  _ = withUnsafePointer(to: &name) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  return descriptor
}

/// A port that takes connections and says nothing: the kernel completes them by itself.
private final class Listener {
  private let descriptor: Int32
  let address: String

  init() {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 4) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    precondition(isBound, "no port to listen on")
    address = "127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
  }

  /// Whether somebody has connected.
  var hasClient: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 1
  }

  func end() { close(descriptor) }
}
