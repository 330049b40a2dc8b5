import ArgumentParser
import TickEngine

/// `tickway synth`: writes a made-up capture.
struct SynthCommand: ParsableCommand {
  enum Feed: String, ExpressibleByArgument, CaseIterable {
    case iexTops = "iex-tops"
  }

  static let configuration = CommandConfiguration(
    commandName: "synth",
    abstract: "Write a seeded, realistic capture: the same options give the same bytes.",
    discussion: """
      The capture is a classic pcap (nanoseconds, Ethernet, UDP) of a whole day of IEX TOPS 1.6 \
      over IEX-TP: directory and status messages of each symbol, quotes and trades with bursts \
      at the open, halts, trade breaks, heartbeats. With fewer messages than a day needs \
      (5 for each symbol, and a few more), it holds the beginning of one.
      """)

  @Option(name: .long, help: "The capture to write. It appears when it is complete.")
  var out: String
  @Option(name: .long, help: "What the day is drawn from.")
  var seed: UInt64 = 1
  @Option(name: .long, help: "Number of symbols.")
  var symbols = 4_000
  @Option(name: .long, help: "Number of messages, exactly.")
  var messages = 1_000_000
  @Option(name: .long, help: "The feed's format.")
  var feed = Feed.iexTops

  func validate() throws {
    guard (1...SynthOptions.symbolsMax).contains(symbols) else {
      throw ValidationError("--symbols must be in 1...\(SynthOptions.symbolsMax).")
    }
    guard (0...SynthOptions.messagesMax).contains(messages) else {
      throw ValidationError("--messages must be in 0...\(SynthOptions.messagesMax).")
    }
    guard !out.isEmpty else { throw ValidationError("--out needs a file's name.") }
  }

  func run() throws {
    let options = SynthOptions(seed: seed, symbols: symbols, messages: messages)
    do {
      print(describe(try SynthCapture.write(options, to: out)))
    } catch {
      throw Complaint.exit("synth", error)
    }
  }

  private func describe(_ summary: SynthSummary) -> String {
    let types = summary.byType.map { "\($0.type) \($0.count)" }.joined(separator: ", ")
    let spanSeconds = (summary.lastTimeNs - summary.firstTimeNs) / 1_000_000_000
    return """
      wrote \(out): \(summary.messages) messages of \(symbols) symbols (\(types)) in \
      \(summary.packets) packets, \(summary.heartbeats) of them heartbeats; \(summary.bytes) \
      bytes over \(spanSeconds) s of market time; feed \(feed.rawValue), seed \(seed)
      """
  }
}
