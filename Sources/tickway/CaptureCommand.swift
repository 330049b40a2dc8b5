import ArgumentParser
import Glibc
import TickEngine
import TickWire

/// `tickway capture FILE`: what is in a capture.
struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Say what is in a capture: container, time span, streams, feed, messages, gaps.",
    discussion: """
      FILE is a pcap or pcapng file, plain or gzip-compressed; its name does not matter.
      """)

  @Argument(help: "The capture to read.", completion: .file())
  var file: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Also write the summary as JSON (tickway.capture/1); - is standard output, instead.",
      valueName: "file"),
    completion: .file())
  var json: String?

  func run() throws {
    do {
      let summary = CaptureSummary(try CaptureFile(path: file))
      if json != "-" { print(CaptureText(summary).text, terminator: "") }
      if let json { try write(CaptureReport(summary), to: json) }
    } catch {
      throw Complaint.exit("capture", error)
    }
  }

  private func write(_ report: CaptureReport, to path: String) throws {
    let text = try JSONText.encode(report)
    if path == "-" { return print(text, terminator: "") }
    let output = try AtomicFile(path: path)
    try output.write(text)
    try output.commit()
  }
}

extension CaptureError {
  /// The exit code for an input that could not be opened for this reason.
  var exitCode: TickwayExit {
    switch self {
    case .cannotOpen(_, let code): code == EACCES || code == EPERM ? .permission : .cannotOpenInput
    case .notARegularFile: .cannotOpenInput
    case .outOfMemory: .full
    case .empty, .notACapture, .headerCut, .unsupportedLinkType, .damagedGzip: .badData
    }
  }
}

extension AtomicFile.Failure {
  /// The exit code for an output that could not be written for this reason.
  var exitCode: TickwayExit {
    switch code {
    case EACCES, EPERM, EROFS: .permission
    case ENOSPC, EDQUOT: .full
    default: step == .create ? .cannotCreateOutput : .inputOutput
    }
  }
}
