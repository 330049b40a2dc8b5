import Foundation
import Glibc
import Testing

/// `--reference FILE` of a run that trades: the file is changed under it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ReferenceReloadTests {
  private let scratch = Scratch()
  private let header = "symbol,sector,adv,previous_close,position_max,restricted\n"

  /// The whole file, in place of what there was.
  private func write(_ rows: [String]) throws {
    try write(text: header + rows.map { $0 + "\n" }.joined() + "end,\(rows.count)\n")
  }

  private func write(text: String) throws {
    try text.write(toFile: scratch["reference.csv"], atomically: true, encoding: .utf8)
  }

  private func row(_ symbol: String, restricted: String = "no") -> String {
    "\(symbol),x,1000000000,,10000000,\(restricted)"
  }

  /// A capture, and the symbols in it.
  private func day() throws -> (path: String, symbols: [String]) {
    let day = try scratch.synth(messages: 20_000, symbols: 5)
    let recorded = try Command.run(["replay", day, "--record", scratch["ticks"]])
    try #require(recorded.status == 0)
    let rows = try scratch.text("ticks.symbols.csv").split(separator: "\n").dropFirst()
    let symbols = rows.map {
      String($0.split(separator: ",", omittingEmptySubsequences: false)[1])
    }
    return (day, Set(symbols).subtracting([""]).sorted())
  }

  /// At the start there is no older one to go on with.
  @Test(arguments: ["", "AAA,x,1,1,1,no\n", "AAA,x,1,1,1,no\nend,2\n"])
  func rm13ARunDoesNotStartWithHalfAFile(rows: String) throws {
    try write(text: rows.isEmpty ? "" : header + rows)
    let day = try scratch.synth(messages: 1_000)
    let result = try Command.run([
      "replay", day, "--strategy", "market-maker", "--reference", scratch["reference.csv"],
    ])
    #expect(result.status == 78 && result.output.isEmpty)
    #expect(result.error.contains("the file is not whole"), "\(result.error)")
  }

  /// Whether somebody opens a file before the time is over.
  private func isOpened(_ path: String, _ body: () throws -> Void) throws -> Bool {
    let watch = inotify_init1(Int32(IN_CLOEXEC))
    defer { close(watch) }
    try #require(inotify_add_watch(watch, path, UInt32(IN_OPEN)) >= 0)
    try body()
    var waiting = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 20_000) == 1
  }

  /// So long that it is replaced while it is being read.
  @Test func rm13AFileThatChangesWhileItIsFirstReadIsReadAgain() throws {
    let (day, symbols) = try day()
    let others = (0..<30_000).map { row("X\($0)") }
    try write([row(symbols[0], restricted: "yes")] + others)
    try FileManager.default.copyItem(atPath: scratch["reference.csv"], toPath: scratch["first.csv"])
    try write([row(symbols[0])] + others)
    try FileManager.default.moveItem(atPath: scratch["reference.csv"], toPath: scratch["next.csv"])
    let path = scratch["first.csv"]
    var replay: Running!
    let isRead = try isOpened(path) {
      replay = try Command.start([
        "replay", day, "--strategy", "market-maker", "--pace", "5x", "--reference", path,
      ])
    }
    try #require(isRead && rename(scratch["next.csv"], path) == 0, "\(replay.error)")
    let change = "reference data: \(symbols[0]) restricted: yes -> no"
    #expect(eventually(within: 20) { replay.error.contains(change) }, "\(replay.error)")
    replay.signal(SIGINT)
    _ = try replay.wait(within: 30)
  }

  /// To wait for what may come out of a pipe would be to look after nothing else.
  @Test func aPipeInPlaceOfTheFileIsRefusedAndTheRunGoesOn() throws {
    let (day, symbols) = try day()
    try write([row(symbols[0])])
    let replay = try Command.start([
      "replay", day, "--strategy", "market-maker", "--pace", "5x", "--reference",
      scratch["reference.csv"],
    ])
    let isRunning = eventually(within: 20) { replay.error.contains("risk limits") }
    try #require(isRunning, "\(replay.error)")
    try #require(mkfifo(scratch["pipe"], 0o600) == 0)
    try #require(rename(scratch["pipe"], scratch["reference.csv"]) == 0)
    let refusal = "it is no regular file"
    #expect(eventually(within: 20) { replay.error.contains(refusal) }, "\(replay.error)")
    replay.signal(SIGINT)
    #expect(try replay.wait(within: 30).status == 130)
  }

  @Test func rm13AFileThatChangesUnderARunIsTakenWholeOrNotAtAll() throws {
    let (day, symbols) = try day()
    try #require(symbols.count == 5)
    try write(symbols.map { row($0, restricted: "yes") })
    let replay = try Command.start([
      "replay", day, "--strategy", "market-maker", "--pace", "5x", "--reference",
      scratch["reference.csv"], "--json", scratch["report"],
    ])
    func says(_ text: String) -> Bool { eventually(within: 20) { replay.error.contains(text) } }
    try #require(says("risk limits"), "\(replay.error)")
    // A file that ends too soon, none at all, and one with a row that cannot be.
    try write(text: header + row(symbols[0]) + "\n")
    #expect(says("reference data not taken: the reference file"), "\(replay.error)")
    try FileManager.default.removeItem(atPath: scratch["reference.csv"])
    #expect(says("not taken: cannot read the reference file"), "\(replay.error)")
    try write(["\(symbols[0]),x,-5,,1,no"])
    #expect(says("line 2: adv"), "\(replay.error)")
    #expect(!replay.error.contains(" -> "))
    try write(symbols.map { row($0) })
    for symbol in symbols { #expect(says("reference data: \(symbol) restricted: yes -> no")) }
    usleep(500_000)
    replay.signal(SIGINT)
    _ = try replay.wait(within: 30)
    // Refused by what stood in the file first, whatever lay there meanwhile; then sent.
    let orders = try JSONValue(file: scratch["report"])["orders"]
    #expect(orders["risk_rejected", "restricted"].count ?? 0 > 0)
    #expect(orders["risk_rejected", "unknown_reference"].count == nil)
    #expect(orders["risk_rejected", "no_volume"].count == nil)
    #expect(orders["sent"].count ?? 0 > 0)
  }
}
