import Foundation
import Testing

/// What `tickway ingest` and `tickway live` refuse, with which code, and in which words.
@Suite(.timeLimit(.minutes(2)))
struct LiveRefusalTests {
  private struct Refusal {
    let arguments: [String]
    let status: Int32
    let words: String

    init(_ arguments: [String], _ status: Int32, _ words: String) {
      self.arguments = arguments
      self.status = status
      self.words = words
    }
  }

  private static let a = ["--line-a", "239.255.84.1:24690"]
  private static let loopback = ["--interface", "127.0.0.1"]

  private static let refusals = [
    Refusal(["iex"] + a + ["--interface", "wire7"], 64, "there is no interface 'wire7'"),
    Refusal(["iex", "--line-a", "192.0.2.7:24690"] + loopback, 64, "nor an address of this"),
    Refusal(["iex"] + a + ["--line-b", "239.255.84.1:24690"], 64, "line B is line A again"),
    Refusal(["tops"] + a, 64, "unknown feed tops"),
    Refusal(["iex"] + a + ["--requests", "127.0.0.1:5"], 64, "IEX-TP has no request server"),
    Refusal(["iex", "--line-a", "239.255.84.1"], 64, "--line-a 239.255.84.1: an IPv4 address"),
    Refusal(["ticks"] + a + ["--requests", "239.1.1.1:500"], 64, "the IPv4 address of one host"),
    Refusal(["ticks"] + a + ["--requests", "10.0.0.1@127.0.0.1:5"], 64, "address of one host"),
    Refusal(["ticks"] + a + ["--requests", "foo"], 64, "are needed, such as 192.0.2.7:5100"),
    Refusal(["iex"] + a + ["--max-age", "old"], 64, "seconds, or off, are needed"),
    // Rounded to nanoseconds it would refuse all there is.
    Refusal(["iex"] + a + ["--max-age", "1e-12"], 64, "from a microsecond to 86400"),
    Refusal(["iex"] + a + ["--policy", "maybe"], 64, "choose wait, drop or conflate"),
    Refusal(["iex"] + a + ["--policy", "1=drop"], 64, "numbered from 0 to 0"),
    Refusal(["iex"] + a + ["--restarts", "no"], 64, "choose follow or refuse"),
    Refusal(["iex"] + a + ["--subscribe", "1=all"], 64, "numbered from 0 to 0"),
    Refusal(["iex"] + a + ["--subscribe", "0="], 64, "such as 0=AAPL,MSFT"),
    Refusal(["iex"] + a + ["--hours", "9-5"], 64, "HH:MM-HH:MM in UTC"),
    Refusal(["iex"] + a + ["--wait-packets", "0"], 64, "1 to 8192 is needed"),
  ]

  @Test func whatCannotBeListenedToIsSaid() throws {
    let scratch = Scratch()
    for verb in ["ingest", "live"] {
      let directory = verb == "ingest" ? ["--ring-dir", scratch.path] : []
      for refusal in Self.refusals {
        let result = try Command.run(
          [verb, "--feed"] + refusal.arguments + directory, within: 20)
        #expect(result.status == refusal.status, "\(verb) \(refusal): \(result.error)")
        #expect(result.error.contains(refusal.words), "\(verb) \(refusal): \(result.error)")
      }
    }
    #expect(scratch.names.isEmpty)
  }

  @Test(arguments: ["ingest", "live"])
  func tablesThatFindNoMemoryAreRefusedAndLeaveNothing(_ verb: String) throws {
    let scratch = Scratch()
    let directory = verb == "ingest" ? ["--ring-dir", scratch.path] : []
    let result = try Running(
      ["sh", "-c", "ulimit -v 500000; exec \"$@\"", "-", Command.path, verb, "--feed", "iex"]
        + Self.a + Self.loopback + ["--max-datagram", "65507"] + directory
    ).wait(within: 20)
    #expect(result.status == 75, "\(result.error)")
    #expect(result.error.contains("tickway \(verb): no memory for tables of 58"), "\(result.error)")
    #expect(result.error.contains("give a smaller --max-datagram"), "\(result.error)")
    #expect(scratch.names.isEmpty)
  }

  @Test func messagesOfItchAreNothingForAStrategyYet() throws {
    let result = try Command.run(["live", "--feed", "mold-itch"] + Self.a + Self.loopback)
    #expect(result.status == 64 && result.error.contains("mold-itch makes no ticks yet"))
  }
}
