import TickEngine

/// Where the report of a publication goes. Made before the run, so that a path that cannot be
/// written is told at once.
struct PublishOutput: ~Copyable {
  private var json: AtomicFile?
  private let isJSONPrinted: Bool

  init(json: String?) throws(AtomicFile.Failure) {
    isJSONPrinted = json == "-"
    self.json = nil
    if let json, !isJSONPrinted { self.json = try AtomicFile(path: json) }
  }

  consuming func write(_ report: PublishReport) throws {
    if !isJSONPrinted { print(PublishText(report), terminator: "") }
    let text = try JSONText.encode(report)
    if isJSONPrinted { print(text, terminator: "") }
    if let file = json.take() {
      try file.write(text)
      try file.commit()
    }
  }
}
