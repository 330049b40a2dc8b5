import Foundation
import Testing

/// Packets that the network does not take.
@Suite(.timeLimit(.minutes(1))) struct UnsentTests {
  private let scratch = Scratch()

  /// Its receivers miss them, too.
  @Test(.enabled(if: canHaveNetwork, "this kernel lets nobody have a network of their own"))
  func whatCouldNotBeSentIsMissingAndSaidInTheExitCode() throws {
    let path = try scratch.synth(messages: 3_000, symbols: 20)
    let script = """
      ip link set lo up || exit 1
      "$1" publish "$2" --line-a 239.255.83.9:4000 --interface lo --pace 1000/s --json - 2> "$3" &
      publisher=$!
      until grep -q 'publishing to' "$3"; do sleep 0.05; done
      sleep 0.3; ip link set lo down; sleep 0.3; ip link set lo up
      wait $publisher
      """
    let said = scratch["said"]
    try Data().write(to: URL(filePath: said))
    let process = try Running(
      ["unshare", "-Urn", "sh", "-c", script, "sh", Command.path, path, said])
    let result = try process.wait(within: 30)
    let words = try String(contentsOfFile: said, encoding: .utf8)
    #expect(result.status == 74, "\(result.error) \(words)")
    #expect(words.contains("could not be sent") && words.contains("on line a"))
    let report = try JSONValue(result.output)
    let failed = try #require(report["lines"].list.first?["failed"].count)
    let missing = try #require(report["missing", "lost", "all"].count)
    let messages = try #require(report["source", "messages"].count)
    #expect(failed > 0 && missing > 0 && missing < messages)
  }

  private static let canHaveNetwork: Bool = {
    let process = try? Running(["unshare", "-Urn", "ip", "link", "set", "lo", "up"])
    return (try? process?.wait(within: 5).status) == 0
  }()
}
