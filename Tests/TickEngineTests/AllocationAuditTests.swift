import Foundation
import TestSupport
import Testing

@testable import TickEngine

/// The audit can fail: what allocates or counts references is counted, and what does not is not.
@Suite(.enabled(if: AuditLibrary.canBuild, "clang and swiftc must be in PATH"))
struct AllocationAuditTests {
  @Test(.timeLimit(.minutes(3)))
  func theAuditCountsWhatItShouldAndNothingElse() throws {
    let audit = try AuditLibrary()
    defer { audit.remove() }
    let probe = try audit.buildProbe().path
    func events(_ loop: String, turns: UInt64) throws -> UInt64? {
      let text = try audit.run([probe, loop, "\(turns)"])
      return UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    #expect(try events("pure", turns: 1_000_000) == 0)
    // At least one event a turn, and no turn, no event.
    for loop in ["allocate", "retain", "weak", "string"] {
      let none = try #require(try events(loop, turns: 0))
      let many = try #require(try events(loop, turns: 1_000))
      #expect(none < 10, "\(loop)")
      #expect(many >= none + 1_000, "\(loop)")
    }
    #expect(try audit.run([probe, "pure", "1"], audited: false) == "absent\n")
    let trace = try audit.run([probe, "trace", "1"], merged: true)
    #expect(trace.contains("tickway audit: an event at"))
    #expect(trace.contains("swift_allocObject"))
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["LD_PRELOAD"] == nil))
  func withoutThePreloadThereIsNoCount() {
    #expect(AllocationAudit.count() == nil)
    #expect(!AllocationAudit.isActive)
    AllocationAudit.traceNext(1)
  }
}
