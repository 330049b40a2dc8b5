import Foundation
import Testing
import TickRing

@testable import TickEngine

/// A file that is changed while the sender runs: taken whole, or not at all and said so.
@Suite(.timeLimit(.minutes(1))) struct ReferenceWatchTests {
  /// What the file holds, until it has been read.
  private final class File: @unchecked Sendable {
    var changed: Data?
    func read() throws -> ReferenceData? {
      guard let data = changed else { return nil }
      changed = nil
      return try ReferenceData(csv: data)
    }
  }

  private final class Notes { var lines: [String] = [] }

  private let file = File()
  private let notes = Notes()
  private let bench: GateBench
  private let watch: ReferenceWatch

  init() throws {
    bench = try GateBench(rows: [Self.row(100)])
    var options = ReplayOptions(captures: [])
    options.reference = try ReferenceData(csv: Self.csv(100))
    // The gate of the bench has as many instruments as its directory has room for.
    options.reloadReference = { [file] in try file.read() }
    watch = try #require(ReferenceWatch(options, instruments: 16))
  }

  private static func row(_ positionMax: Int) -> String { "AAA,x,1000000,,\(positionMax),no" }
  private static func csv(_ positionMax: Int) -> Data { GateBench.csv([row(positionMax)]) }

  /// The starter looks, and the sender's next turn takes what there is; what was said meanwhile.
  private func look(_ changed: Data? = nil, isTaken: Bool = true) -> [String] {
    notes.lines = []
    if let changed { file.changed = changed }
    watch.look(ReplayObserver(note: { [notes] in notes.lines.append($0) }))
    if isTaken { _ = bench.take(watch.reload) }
    return notes.lines
  }

  /// Whether that is the largest position.
  private func isLimit(_ shares: UInt32) -> Bool {
    bench.judge(100, quantity: shares) == nil
      && bench.judge(100, quantity: shares + 1) == .positionQuantity
  }

  @Test func rm13AChangedFileIsInForceAndToldFieldByField() {
    #expect(isLimit(100) && look().isEmpty && isLimit(100))
    #expect(look(Self.csv(200)) == ["reference data: AAA position_max: 100 -> 200"])
    #expect(isLimit(200) && look().isEmpty)
    // Written again with nothing new in it.
    #expect(look(Self.csv(200)).isEmpty && isLimit(200))
    let other = GateBench.csv(["AAA,y,,12.5,50,yes"])
    #expect(
      look(other) == [
        "reference data: AAA sector: x -> y", "reference data: AAA adv: 1000000 -> none",
        "reference data: AAA previous_close: none -> 12.5000",
        "reference data: AAA position_max: 200 -> 50",
        "reference data: AAA restricted: no -> yes",
      ])
    #expect(bench.judge(100, quantity: 1) == .restricted)
  }

  /// Empty, and cut off at every byte.
  @Test func rm13AHalfWrittenFileIsToldAndTheOldDataStays() {
    let whole = Self.csv(200)
    for length in 0..<whole.count {
      let said = look(whole.prefix(length))
      #expect(said.count == 1 && said[0].hasPrefix("reference data not taken: "), "\(length)")
    }
    #expect(isLimit(100))
    #expect(look(whole) == ["reference data: AAA position_max: 100 -> 200"] && isLimit(200))
  }

  @Test(arguments: [
    ("AAA,x,-1,,200,no", "adv"), ("AAA,x,1000000,nan,200,no", "previous_close"),
    ("AAA,x,1000000,,9223372036854775808,no", "position_max"), ("AAA,x", "6 fields"),
  ])
  func rm13ABadFileIsToldWithItsLineAndTheOldDataStays(row: String, says: String) {
    let said = look(GateBench.csv([row]))
    #expect(said.count == 1 && said[0].contains("line 2") && said[0].contains(says), "\(said)")
    #expect(isLimit(100) && look().isEmpty)
  }

  /// A sender that is slow to take what there is gets the newest, and nobody waits for it.
  @Test func rm13ASecondChangeWaitsUntilTheFirstIsTaken() {
    _ = look(Self.csv(200), isTaken: false)
    #expect(look(Self.csv(300), isTaken: false).count == 1)
    #expect(look(Self.csv(400), isTaken: false).count == 1 && isLimit(100))
    #expect(bench.take(watch.reload) && isLimit(200))
    #expect(look().isEmpty && isLimit(400))
    #expect(look().isEmpty && isLimit(400))
  }

  @Test func withoutAFileNothingIsWatched() {
    #expect(ReferenceWatch(ReplayOptions(captures: [])) == nil)
  }
}
