import Foundation
import Testing

@testable import TickEngine

/// No output may take the place of an input or of another output.
@Suite struct ReplayPathsTests {
  private func isRefused(_ change: (inout ReplayOptions) -> Void) -> Bool {
    var options = ReplayOptions(captures: ["/tmp/day.pcap"])
    change(&options)
    do throws(ReplayError) { try ReplayPaths.check(options) } catch { return true }
    return false
  }

  @Test func filesOfTheirOwnPass() {
    #expect(
      !isRefused {
        $0.recordPath = "/tmp/a"
        $0.ordersPath = "/tmp/b"
        $0.otherOutputs = ["/tmp/c", "/dev/null", "/dev/null"]
      })
  }

  @Test(arguments: ["/tmp/day.pcap", "/tmp/../tmp/day.pcap", "/tmp/./day.pcap"])
  func aCaptureIsNeverOverwritten(path: String) {
    #expect(isRefused { $0.recordPath = path })
    #expect(isRefused { $0.ordersPath = path })
    #expect(isRefused { $0.otherOutputs = [path] })
  }

  /// Where a failed run leaves its recordings.
  @Test func thePartialFileOfARunOverwritesNothingEither() {
    #expect(
      isRefused {
        $0.captures = ["/tmp/a.partial"]
        $0.recordPath = "/tmp/a"
      })
    #expect(
      isRefused {
        $0.recordPath = "/tmp/a"
        $0.ordersPath = "/tmp/a.partial"
      })
  }

  @Test func outputsNeverOverwriteOneAnother() {
    #expect(
      isRefused {
        $0.recordPath = "/tmp/a"
        $0.ordersPath = "/tmp/a"
      })
    for beside in ["/tmp/a.symbols.csv", "/tmp/a.worker-0.merge"] {
      #expect(
        isRefused {
          $0.recordPath = "/tmp/a"
          $0.ordersPath = beside
        })
    }
  }

  @Test func aLinkIsTheFileThatItNames() throws {
    let directory = NSTemporaryDirectory() + "tickway-paths-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try Data().write(to: URL(fileURLWithPath: directory + "/a"))
    try FileManager.default.createSymbolicLink(
      atPath: directory + "/b", withDestinationPath: directory + "/a")
    #expect(
      isRefused {
        $0.captures = [directory + "/a"]
        $0.recordPath = directory + "/b"
      })
  }
}
