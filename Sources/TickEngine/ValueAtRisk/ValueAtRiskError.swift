/// Why there is no value at risk. Nothing is guessed in its place.
public enum ValueAtRiskError: Error, Equatable, CustomStringConvertible {
  /// Outside (0.5, 1), or not a number.
  case confidence(Double)
  /// So many were given, and so many are needed.
  case shape(what: String, given: Int, needed: Int)
  /// Not a number, or infinite.
  case notFinite(what: String)
  /// Fewer than two observations of each return.
  case tooFewReturns(Int)
  /// A covariance that differs from its transpose.
  case notSymmetric
  /// A covariance with this eigenvalue, below zero by more than rounding explains.
  case notPositiveSemiDefinite(smallest: Double)
  /// A line of a returns file.
  case returns(line: Int, problem: String)
  /// A recording of ticks that no returns can be had from.
  case recording(String)
  /// A position in something that has no returns, or no symbol.
  case noReturns(of: String)
  /// Positions that are not known.
  case unknownPositions
  /// The library refused (LAPACK's INFO).
  case library(Int)

  public var description: String {
    switch self {
    case .confidence(let value): "confidence \(value): a number above 0.5 and below 1 is needed"
    case .shape(let what, let given, let needed): "\(given) \(what): \(needed) are needed"
    case .notFinite(let what): "\(what): not a finite number"
    case .tooFewReturns(let count):
      "\(count) observations of the returns: at least 2 are needed, and many more to mean much"
    case .notSymmetric: "the covariance is not symmetric"
    case .notPositiveSemiDefinite(let smallest):
      "the covariance is not positive semi-definite (eigenvalue \(smallest)): it is no covariance;"
        + " make it from returns"
    case .returns(let line, let problem): "line \(line): \(problem)"
    case .recording(let problem): problem
    case .noReturns(let symbol):
      "there is a position in \(symbol) and no column of returns for it: add one"
    case .unknownPositions:
      "the positions are not known: look at `tickway positions`, and why its writer stopped"
    case .library(let code): "LAPACK gave up (INFO \(code))"
    }
  }
}
