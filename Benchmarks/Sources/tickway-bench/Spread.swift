/// Median, least and most of what several runs gave.
struct Spread: Encodable {
  let median: Double
  let min: Double
  let max: Double
  let runs: Int

  init(_ values: [Double]) {
    precondition(!values.isEmpty, "nothing was measured")
    let sorted = values.sorted()
    let middle = sorted.count / 2
    median =
      sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    min = sorted[0]
    max = sorted[sorted.count - 1]
    runs = sorted.count
  }

  /// `24.1 (22.0–25.3)`, each divided by `unit`.
  func text(per unit: Double = 1) -> String {
    let parts = [median, min, max].map { Spread.decimal($0 / unit) }
    return "\(parts[0]) (\(parts[1])–\(parts[2]))"
  }

  private static func decimal(_ value: Double) -> String {
    let hundredths = Int((value.magnitude * 100).rounded())
    let fraction = hundredths % 100
    let sign = value < 0 && hundredths > 0 ? "-" : ""
    return "\(sign)\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
