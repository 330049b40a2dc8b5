import Foundation
import Testing

@testable import TickEngine

/// Never asks for anything; not `none`, so that it gets a sender and a venue.
private struct QuietStrategy: Strategy, ~Copyable {
  init(parameters: inout StrategyParameters, context: StrategyContext) {}
}

@Suite(.timeLimit(.minutes(1))) struct ReplayStartTests {
  private func options(in scratch: Scratch) throws -> ReplayOptions {
    let capture = scratch.file("day.pcap")
    _ = try SynthCapture.write(SynthOptions(seed: 5, symbols: 5, messages: 100), to: capture)
    return ReplayOptions(captures: [capture])
  }

  /// The simulation's defaults are for the built-in venue, also where no command line is.
  @Test func aVenueThatIsNamedNeedsLimits() throws {
    let scratch = try Scratch()
    var options = try options(in: scratch)
    options.venue = .address(VenueAddress(host: "127.0.0.1", port: 1))
    let refused = #expect(throws: ReplayError.self) {
      try Replay.run(QuietStrategy.self, options)
    }
    #expect("\(refused.map { "\($0)" } ?? "")".contains("needs limits given"))
    options.limits = .simulation
    #expect(throws: SessionError.self) { try Replay.run(QuietStrategy.self, options) }
  }

  /// What fails after the built-in venue was started stops it again.
  @Test func aRunThatCannotStartLeavesNoVenueBehind() throws {
    let scratch = try Scratch()
    var options = try options(in: scratch)
    options.symbols = ["AAPL", "AAPL"]
    let before = try sockets()
    for _ in 0..<8 {
      #expect(throws: ReplayError.self) { try Replay.run(QuietStrategy.self, options) }
    }
    // Other tests start and end venues of their own meanwhile.
    #expect(try sockets() < before + 8)
  }

  /// Sockets that this process has open.
  private func sockets() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
      let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
      return link?.hasPrefix("socket:") ?? false
    }
  }
}
