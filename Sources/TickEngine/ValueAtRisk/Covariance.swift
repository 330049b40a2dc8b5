import CLapack

/// A covariance of returns: symmetric, positive semi-definite, finite. Whoever has one need not
/// check again.
public struct Covariance: Sendable {
  /// Rows, and columns.
  public let count: Int
  /// Row by row.
  public let values: [Double]

  /// Checks a matrix that was given.
  public init(_ values: [Double], count: Int) throws(ValueAtRiskError) {
    guard count > 0, count <= ReturnTable.symbolsMax else {
      throw .shape(what: "rows", given: count, needed: max(1, min(count, ReturnTable.symbolsMax)))
    }
    guard values.count == count * count else {
      throw .shape(what: "covariances", given: values.count, needed: count * count)
    }
    guard values.allSatisfy(\.isFinite) else { throw .notFinite(what: "a covariance") }
    let scale = values.reduce(0) { max($0, abs($1)) }
    for row in 0..<count {
      for column in 0..<row {
        let difference = abs(values[row * count + column] - values[column * count + row])
        guard difference <= scale * 1e-12 else { throw .notSymmetric }
      }
    }
    self.count = count
    self.values = values
    try checkEigenvalues()
  }

  /// The covariance of returns as they were observed, over their number less one.
  public init(_ returns: ReturnTable) throws(ValueAtRiskError) {
    let (rows, columns) = (returns.observations, returns.symbols.count)
    guard rows >= 2 else { throw .tooFewReturns(rows) }
    var centred = returns.values
    for column in 0..<columns {
      var mean = 0.0
      for row in 0..<rows { mean += centred[row * columns + column] / Double(rows) }
      for row in 0..<rows { centred[row * columns + column] -= mean }
    }
    var product = [Double](repeating: 0, count: columns * columns)
    let (width, height) = (Int32(columns), Int32(rows))
    unsafe cblas_dsyrk(
      CblasRowMajor, CblasLower, CblasTrans, width, height, 1 / Double(rows - 1), centred, width,
      0, &product, width)
    for row in 0..<columns {
      for column in 0..<row {
        product[column * columns + row] = product[row * columns + column]
      }
    }
    try self.init(product, count: columns)
  }

  /// Rounding leaves eigenvalues of zero a little below it: by no more than some units of the
  /// largest one's last place for each row.
  private func checkEigenvalues() throws(ValueAtRiskError) {
    var matrix = values
    var eigenvalues = [Double](repeating: 0, count: count)
    let size = Int32(count)
    let code = unsafe LAPACKE_dsyev(
      LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "L")), size, &matrix, size,
      &eigenvalues)
    guard code == 0 else { throw .library(Int(code)) }
    let largest = eigenvalues.reduce(0) { max($0, abs($1)) }
    let slack = largest * Double(count) * 1e-14
    guard let smallest = eigenvalues.first, smallest >= -slack else {
      throw .notPositiveSemiDefinite(smallest: eigenvalues.first ?? .nan)
    }
  }

  /// wᵀ Σ w, not below zero; there are as many weights as rows.
  func variance(_ weights: [Double]) -> Double {
    precondition(weights.count == count)
    var product = [Double](repeating: 0, count: count)
    let size = Int32(count)
    unsafe cblas_dsymv(
      CblasRowMajor, CblasLower, size, 1, values, size, weights, 1, 0, &product, 1)
    return max(0, unsafe cblas_ddot(size, weights, 1, product, 1))
  }
}
