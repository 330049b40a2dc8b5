/// Value at risk (VR1): what a portfolio loses at most over one period of its returns, with a
/// confidence, if returns are normal with this covariance and a mean of zero:
/// z * sqrt(wᵀ Σ w), where w are market values and z is the normal quantile.
///
/// Not for the hot path. Linear algebra is LAPACK's and BLAS's.
public enum ValueAtRisk {
  /// - Parameters:
  ///   - weights: market values, signed, in the unit of the result.
  ///   - confidence: above 0.5 and below 1.
  public static func compute(
    weights: [Double], covariance: Covariance, confidence: Double
  ) throws(ValueAtRiskError) -> Double {
    guard confidence > 0.5, confidence < 1 else { throw .confidence(confidence) }
    guard weights.count == covariance.count else {
      throw .shape(what: "market values", given: weights.count, needed: covariance.count)
    }
    guard weights.allSatisfy(\.isFinite) else { throw .notFinite(what: "a market value") }
    let value = NormalQuantile.z(confidence) * covariance.variance(weights).squareRoot()
    guard value.isFinite else { throw .notFinite(what: "the value at risk") }
    return value
  }

  /// Of the account's positions, each at its mark. Every position needs a column of returns.
  public static func compute(
    of positions: PositionSnapshot, symbols: [String], covariance: Covariance, confidence: Double
  ) throws(ValueAtRiskError) -> Double {
    guard positions.subjects.first?.sums?.isBroken == false else { throw .unknownPositions }
    var columns: [String: Int] = [:]
    for (column, symbol) in symbols.enumerated() { columns[symbol] = column }
    var weights = [Double](repeating: 0, count: symbols.count)
    for entry in positions.holdings where entry.strategy == 0 {
      guard let holding = entry.holding, let valueE4 = holding.valueE4 else {
        throw .unknownPositions
      }
      guard holding.position != 0 else { continue }
      guard let symbol = entry.symbol, let column = columns[symbol] else {
        throw .noReturns(of: entry.symbol ?? "instrument \(entry.instrument)")
      }
      weights[column] += Double(valueE4) / 10_000
    }
    return try compute(weights: weights, covariance: covariance, confidence: confidence)
  }
}
