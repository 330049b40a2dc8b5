import TickEngine

/// Where the report of a run goes: to the terminal, to a JSON file as well, or as JSON instead.
/// Made before the run, so that a path that cannot be written is told at once.
struct ReportOutput: ~Copyable {
  private var json: AtomicFile?
  private let isJSONPrinted: Bool

  init(json: String?) throws(AtomicFile.Failure) {
    isJSONPrinted = json == "-"
    self.json = nil
    if let json, !isJSONPrinted { self.json = try AtomicFile(path: json) }
  }

  consuming func write(
    _ report: some Encodable, text: some CustomStringConvertible
  ) throws {
    if !isJSONPrinted { print(text, terminator: "") }
    let encoded = try JSONText.encode(report)
    if isJSONPrinted { print(encoded, terminator: "") }
    if let file = json.take() {
      try file.write(encoded)
      try file.commit()
    }
  }
}
