import Foundation
import Testing
import TickMetrics

@testable import TickEngine

@Suite struct ReportTextTests {
  @Test(
    arguments: [
      (0, "0 ns"), (7, "7 ns"), (999, "999 ns"), (1_000, "1.00 us"), (1_234, "1.23 us"),
      (1_235, "1.24 us"), (9_994, "9.99 us"), (9_996, "10.0 us"), (45_640, "45.6 us"),
      (99_960, "100 us"), (999_499, "999 us"), (999_500, "1.00 ms"), (45_600_000, "45.6 ms"),
      (999_999_999, "1.00 s"), (789_000_000_000, "789 s"), (1_234_500_000_000, "1235 s"),
      (.max, "18446744074 s"),
    ] as [(UInt64, String)])
  func durationsHaveThreeDigits(nanoseconds: UInt64, text: String) {
    #expect(DurationText.text(nanoseconds: nanoseconds) == text)
  }

  @Test func columnsAlign() {
    let lines = Columns.lines([["name", "a", "bb"], ["n", "100", "2"]])
    #expect(lines == ["name    a  bb", "n     100   2"])
  }

  @Test func stagesComeInTheOrderOfThePipeline() {
    var report = Report.filled()
    let summary = report.latency_ns["ingest"]
    for stage in ["tick_to_order", "send", "zebra", "risk", "strategy", "delivery"] {
      report.latency_ns[stage] = summary
    }
    let lines = ReportText(report).description.split(separator: "\n")
    let stages = lines.drop { !$0.hasPrefix("latency") }.dropFirst().prefix(7)
    #expect(
      stages.map { $0.split(separator: " ")[0] } == [
        "ingest", "delivery", "strategy", "risk", "send", "tick_to_order", "zebra",
      ])
    #expect(
      stages.first?.split(separator: " ").dropFirst() == [
        "100", "1", "50", "ns", "90", "ns", "99", "ns", "100", "ns", "100", "ns", "100", "ns",
      ])
  }

  @Test func aStageThatMeasuredNothingShowsNoPercentile() {
    var report = Report()
    report.latency_ns["risk"] = LatencySummary(HistogramSnapshot())
    let line = ReportText(report).description.split(separator: "\n")
      .first { $0.hasPrefix("  risk") }
    #expect(line?.split(separator: " ") == ["risk", "0", "0", "-", "-", "-", "-", "-", "-"])
  }

  /// A live feed's sequence begins anew in its session or with another: both stand together.
  @Test func sessionChangesStandBesideTheRestarts() {
    var report = Report.filled()
    report.feed.state = .live
    report.run.sessionChanges = 2
    let lines = ReportText(report).description.split(separator: "\n")
    let said = lines.indices.filter { lines[$0].contains("session changes") }
    #expect(said.count == 1)
    let beside = said.first.map { lines[$0 - 1].contains("restarts") }
    #expect(beside == true && said.first.map { lines[$0].hasSuffix(" 2") } == true)
  }

  /// Of a relay's messages, those that are no ticks; and why ticks were refused.
  @Test func whatBecameOfARelaysMessagesIsThere() {
    var report = Report.filled()
    report.feed.state = .live
    report.feed.entries = 87
    report.ticks.rejected = ["unnamed": 4_385, "half_quote": 1]
    let lines = ReportText(report).description.split(separator: "\n")
    for (name, count) in [
      ("directory entries", "87"), ("rejected unnamed", "4385"), ("rejected half_quote", "1"),
    ] {
      #expect(lines.contains { $0.contains(name) && $0.hasSuffix(" \(count)") }, "\(name)")
    }
  }

  @Test func everyCountOfTheReportIsThere() {
    let text = ReportText(Report.filled()).description
    let parts = ["69394276.8200", "rejected crossed", "risk-rejected collar", "tick.1", "cut tail"]
    for part in parts { #expect(text.contains(part)) }
    #expect(
      text.hasSuffix(
        "machine  Example CPU, 2 cores, 1 NUMA node, Linux 6.1.0 x86_64, release build\n"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
  }

  @Test func theMachineIsReadFromTheSystemsFiles() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in [
      ("proc/cpuinfo", "processor\t: 0\nmodel name\t: Quick CPU @ 5: GHz\n"),
      ("proc/sys/kernel/osrelease", "6.9.1-test\n"),
      ("sys/devices/system/cpu/online", "0-3,8\n"),
      ("sys/devices/system/node/online", "0-1\n"),
      ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
    ] {
      let file = root.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    let card = MachineCard.current(root: root.path)
    #expect(card.cpuModel == "Quick CPU @ 5: GHz")
    #expect(card.kernel == "6.9.1-test")
    #expect(card.cores == 5)
    #expect(card.numaNodes == 2)
    #expect(card.governor == "performance")
  }

  @Test func whatTheSystemDoesNotSayIsNotGuessed() throws {
    let card = MachineCard.current(root: "/nonexistent")
    #expect(card == MachineCard())
    #expect(card.cores == nil)
    #expect(try !JSONText.encode(card).contains("governor"))
    #expect(card.description.hasPrefix("unknown CPU, unknown cores, Linux unknown"))
  }

  @Test func thisMachineSaysItsCoresAndKernel() {
    let card = MachineCard.current()
    #expect((card.cores ?? 0) >= 1)
    #expect(card.kernel?.isEmpty == false)
  }

  @Test(arguments: ["", "a", "3-1", "1-2-3", "-1", "0-99999999"])
  func whatIsNoListOfCoresHasNoNumbers(text: String) {
    #expect(KernelList.numbers(in: text) == nil)
  }
}
