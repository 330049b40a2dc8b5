import Foundation
import Testing

@testable import TickEngine

private let whole = OpeningPositions.header + "\nAAA,1,100,10.5\nend,1\n"

/// The positions file that the senders of an instance read.
@Suite(.timeLimit(.minutes(1))) struct PositionsCopyTests {
  /// Between the check of the configuration and the start.
  @Test(arguments: [
    "", whole.replacing("100", with: "200"), whole.replacing("end,1\n", with: ""),
  ])
  func anEditAfterTheCheckIsNoticed(text: String) throws {
    let scratch = try Scratch()
    let (file, copy) = (scratch.file("p.csv"), scratch.file("copy.csv"))
    let checked = NodeConfiguration.FileContent(
      path: file, try OpeningPositions(csv: Data(whole.utf8)))
    try Data(text.utf8).write(to: URL(filePath: file))
    #expect(throws: SupervisorError.edited(path: file)) { try NodeRun.copy(checked, to: copy) }
    #expect(!FileManager.default.fileExists(atPath: copy))
    try Data(whole.utf8).write(to: URL(filePath: file))
    try NodeRun.copy(checked, to: copy)
    #expect(try scratch.text("copy.csv") == whole)
  }

  /// A file where a directory is to be, and no file where one is to be read: said as it is.
  @Test func whatTheSystemRefusesIsSaidInItsWords() throws {
    let scratch = try Scratch()
    let file = scratch.file("p.csv")
    try Data(whole.utf8).write(to: URL(filePath: file))
    let wanted = "\(file)/run"
    #expect(throws: AtomicFile.Failure(step: .create, path: wanted, code: ENOTDIR)) {
      try NodeRun.makeDirectory(wanted)
    }
    let checked = NodeConfiguration.FileContent(
      path: wanted, try OpeningPositions(csv: Data(whole.utf8)))
    #expect(throws: SupervisorError.system(what: "\(wanted) cannot be read", code: ENOTDIR)) {
      try NodeRun.copy(checked, to: scratch.file("copy.csv"))
    }
  }
}
