/// How reports for the terminal are laid out.
enum ReportLayout {
  typealias Count = (name: String, value: String)

  /// A heading, then one line per count: names to the left, numbers to the right.
  static func section(_ title: String, _ counts: [Count]) -> [String] {
    [title] + Columns.lines(counts.map { ["  " + $0.name, $0.value] })
  }

  /// Sections that have something to say, an empty line between them, and the machine.
  static func page(_ sections: [[String]], _ machine: MachineCard) -> String {
    sections
      .filter { !$0.isEmpty }
      .map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n") + "\n\nmachine  \(machine)\n"
  }
}
