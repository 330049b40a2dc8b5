import Foundation
import Testing
import TickEngine

/// `tickway doctor` on this machine, whatever that is.
@Suite(.timeLimit(.minutes(2))) struct DoctorCommandTests {
  @Test func whateverIsWrongIsToldWithItsCostAndWhatMendsIt() throws {
    let folder = Scratch()
    let result = try Command.run(["doctor", "--json", folder["doctor.json"]])
    let report = try JSONDecoder().decode(
      DoctorReport.self, from: Data(try folder.bytes("doctor.json")))
    #expect(result.status == (report.isUnsafe ? 8 : 0) && result.error == "")
    #expect(report.schema == "tickway.doctor/1" && report.jitter == nil)
    #expect(report.findings.count > 20)
    for finding in report.findings {
      #expect(result.output.contains(finding.what), "\(finding)")
      #expect((finding.cost == nil) == (finding.verdict == .ok), "\(finding)")
      #expect((finding.remedy == nil) == (finding.verdict == .ok), "\(finding)")
    }
  }

  @Test func theFloorOfACoreIsMeasuredAndSaysHow() throws {
    let result = try Command.run(["doctor", "--jitter", "0.02", "--together", "--json", "-"])
    let report = try JSONDecoder().decode(DoctorReport.self, from: Data(result.output.utf8))
    let jitter = try #require(report.jitter)
    #expect(jitter.map(\.core) == CoreJitter.allowedCores && report.isTogether == true)
    for core in jitter { #expect(core.measured_ns >= 20_000_000 && core.gaps_ns.count > 0) }
    let text = try Command.run(["doctor", "--jitter", "0.02", "--core", "\(jitter[0].core)"])
    #expect(text.output.contains("one after another") && text.output.contains(">100 us"))
  }

  @Test func aCoreThatIsNotThereIsAUsageErrorThatNamesThoseThatAre() throws {
    let absent = try Command.run(["doctor", "--jitter", "0.01", "--core", "1023"])
    #expect(absent.status == 64 && absent.error.contains("choose one of 0"), "\(absent.error)")
    for wrong in [
      ["--core", "0"], ["--together"], ["--jitter", "0"], ["--jitter", "-1"],
      ["--jitter", "nan"], ["--jitter", "4000"], ["--jitter", "1", "--core", "0", "0"],
    ] { #expect(try Command.run(["doctor"] + wrong).status == 64, "\(wrong)") }
  }

  @Test func aReplaysReportCarriesTheFloorBesideItsLatencies() throws {
    let folder = Scratch()
    let capture = try folder.synth(messages: 2_000)
    let result = try Command.run([
      "replay", capture, "--pace", "max", "--json", folder["replay.json"],
    ])
    #expect(result.status == 0, "\(result.error)")
    let report = try JSONDecoder().decode(
      Report.self, from: Data(try folder.bytes("replay.json")))
    let floor = try #require(report.machine.jitterFloor_ns)
    #expect(floor.count > 0 && floor.max >= floor.p50)
    #expect(result.output.contains("jitter floor"))
  }
}
