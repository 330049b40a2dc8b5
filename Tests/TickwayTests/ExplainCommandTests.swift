import Foundation
import Testing

/// `replay --decisions` and `tickway explain`, as a person uses them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ExplainCommandTests {
  private let scratch = Scratch()

  /// A day that was traded, and its report.
  private func traded() throws -> ReplayResult {
    let day = try scratch.synth(messages: 30_000, symbols: 50)
    let limits = try scratch.limits(openOrders: 20)
    return try ReplayResult.of([
      day, "--strategy", "market-maker", "--limits", limits, "--decisions", scratch["d"],
    ])
  }

  private func explain(_ arguments: String...) throws -> JSONValue {
    let result = try Command.run(["explain", scratch["d"], "--json"] + arguments)
    try #require(result.status == 0, "\(result.error)")
    return try JSONValue(result.output)
  }

  @Test func everyOrderOfARunIsExplained() throws {
    let run = try traded()
    run.expectConsistent()
    let all = try explain()
    #expect(all["schema"].text == "tickway.explain/1" && all["end"].text == "whole")
    let (recorded, lost) = (all["recorded"].count ?? 0, all["lost"].count ?? 0)
    #expect(recorded + lost == run.orders("requested"))
    #expect(run.orders("requested") > 1_000)
    if lost == 0 {
      #expect(all["rejected"].counts == run.report["orders", "risk_rejected"].counts)
      #expect(all["outcomes", "allowed"].count == run.orders("sent"))
    }
    #expect(all["limits", "open_orders_max"].number == 20)
    #expect(run.report["orders", "risk_rejected", "open_orders"].count ?? 0 > 0)
    #expect(all["decisions"].list.count == Int(recorded))
    for decision in all["decisions"].list {
      let failed = decision["checks"].list.filter { $0["verdict"].text == "failed" }
      try #require(decision["checks"].list.count == 44)
      try #require(failed.count == (decision["outcome"].text == "refused" ? 1 : 0))
      try #require(failed.first?["check"].text == decision["deciding_check"].text)
    }
  }

  @Test func aQuestionIsAnswered() throws {
    _ = try traded()
    let rejected = try explain("--rejected", "--last", "3")["decisions"].list
    #expect(rejected.count == 3 && rejected.allSatisfy { $0["outcome"].text == "refused" })
    let one = try #require(rejected.last)
    let names = [
      "\(one["order_id"].count ?? 0)", one["client_order_id"].text ?? "", one["order"].text ?? "",
      token(of: try #require(one["order_id"].count), try #require(one["strategy"].count)),
    ]
    for name in names {
      let found = try explain("--order", name)["decisions"].list
      #expect(found.contains { $0["number"].count == one["number"].count }, "\(name)")
      #expect(found.allSatisfy { $0["order"].text == one["order"].text })
    }
    let reason = try #require(one["reason"].text)
    let same = try explain("--reason", reason, "--strategy", "1")["decisions"].list
    #expect(!same.isEmpty && same.allSatisfy { $0["reason"].text == reason })
    let symbol = try #require(one["symbol"].text)
    #expect(
      try explain("--symbol", symbol)["decisions"].list.allSatisfy {
        $0["symbol"].text == symbol
      })
    let text = try Command.run(["explain", scratch["d"], "--order", names[2]])
    #expect(text.status == 0 && text.error == "")
    #expect(text.output.contains("REFUSED by the check \(one["deciding_check"].text ?? "?")"))
    #expect(text.output.contains("FAIL") && text.output.contains("  > "))
  }

  /// A check that was not made has looked at nothing: 0 messages would be a number.
  @Test func whatNoCheckCameToIsLeftOut() throws {
    let day = try scratch.synth(messages: 5_000, symbols: 50)
    let limits = try scratch.limits(openOrders: 4_096, ["order_quantity_max": "1"])
    _ = try ReplayResult.of([
      day, "--strategy", "market-maker", "--limits", limits, "--decisions", scratch["d"],
    ])
    let early = try explain("--reason", "quantity", "--last", "1")["decisions"].list
    let values = try #require(early.first)["values"]
    #expect(values["messages"].count == nil && values["orders_asked"].count ?? 0 > 0)
    _ = try traded()
    let late = try explain("--reason", "open_orders", "--last", "1")["decisions"].list
    #expect(try #require(late.first)["values", "messages"].count ?? 0 > 0)
  }

  /// As OUCH 4.2 says that this is the 42nd order.
  private func token(of order: UInt64, _ strategy: UInt64) -> String {
    let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    let tag = (strategy - 1) << 48 | order
    return [42 << 13 | tag >> 41, tag & (1 << 41 - 1)].map { (half: UInt64) in
      var (rest, text) = (half, "")
      for _ in 0..<7 {
        text = "\(letters[Int(rest % 62)])\(text)"
        rest /= 62
      }
      return text
    }.joined()
  }

  @Test func withoutAQuestionThereIsASummary() throws {
    let run = try traded()
    let result = try Command.run(["explain", scratch["d"]])
    #expect(result.status == 0 && result.error == "")
    #expect(result.output.contains("allowed") && result.output.contains("ask further"))
    let rejected = run.report["orders", "risk_rejected", "open_orders"].count ?? 0
    #expect(result.output.contains("open_orders  ") && rejected > 0)
    let nothing = try Command.run(["explain", scratch["d"], "--symbol", "NOSUCH"])
    #expect(nothing.status == 0 && nothing.output == "no recorded decision matches\n")
    // Whoever asks for one order has named it wrongly.
    for json in [[], ["--json"]] {
      let absent = try Command.run(["explain", scratch["d"], "--order", "NOSUCH:1"] + json)
      #expect(absent.status == 12 && absent.error.contains("NOSUCH:1"), "\(absent)")
    }
  }

  @Test func aCutFileIsExplainedAsFarAsItGoes() throws {
    _ = try traded()
    let bytes = try scratch.bytes("d")
    try Data(bytes.prefix(bytes.count / 2)).write(to: URL(filePath: scratch["cut"]))
    let cut = try Command.run(["explain", scratch["cut"], "--last", "1"])
    #expect(cut.status == 0 && cut.output.contains("THE FILE IS CUT"))
    #expect(cut.output.contains("kill_switch"))
    var damaged = bytes
    damaged[bytes.count / 2] ^= 1
    try Data(damaged).write(to: URL(filePath: scratch["damaged"]))
    let bad = try Command.run(["explain", scratch["damaged"], "--last", "1"])
    #expect(bad.status == 65 && bad.output.contains("THE FILE IS DAMAGED"))
    #expect(bad.error.contains("is damaged at byte"))
  }

  @Test func whatIsNoFileOfDecisionsIsRefused() throws {
    let absent = try Command.run(["explain", scratch["nothing"]])
    #expect(absent.status == 66 && absent.output.isEmpty)
    let day = try scratch.synth(messages: 1_000, symbols: 5)
    let foreign = try Command.run(["explain", day])
    #expect(foreign.status == 65 && foreign.error.contains("--decisions"))
    let folder = try Command.run(["explain", scratch.path])
    #expect(folder.status == 66)
    let device = try Command.run(["explain", "/dev/null"])
    #expect(device.status == 66 && device.error.contains("give a regular file"), "\(device.error)")
    for arguments in [["--reason", "mood"], ["--last", "0"], ["--strategy", "300"]] {
      let wrong = try Command.run(["explain", day] + arguments)
      #expect(wrong.status == 64, "\(arguments)")
    }
  }

  @Test func decisionsHaveAFileOfTheirOwn() throws {
    let day = try scratch.synth(messages: 1_000, symbols: 5)
    let same = try Command.run([
      "replay", day, "--decisions", scratch["x"], "--orders", scratch["x"],
    ])
    #expect(same.status == 64 && same.error.contains("give it a file of its own"))
    // Nobody asks for an order: the file says so.
    _ = try ReplayResult.of([day, "--decisions", scratch["d"]])
    let none = try explain()
    #expect(none["recorded"].count == 0 && none["end"].text == "whole")
  }
}
