/// The account's credit, of which the gate uses no more than the ledger has handed it.
extension RiskGate {
  /// What the ledger has handed out to this sender, 1e-4; 0 without one.
  var grantedE4: Int64 { mutating get { credit?.grantedE4 ?? 0 } }

  /// Whether a gross exposure is covered, by more credit if need be.
  @inline(__always)
  mutating func hasCredit(_ grossE4: Int64) -> Bool {
    guard credit != nil else { return true }
    return credit?.lease(grossE4) ?? false
  }

  /// The gross exposure, if it is known whole.
  private var knownGrossE4: Int64? {
    guard !exposure.isBroken, exposure.uncountable == 0, exposure.unmarked == 0 else { return nil }
    return Int64(exactly: exposure.grossE4)
  }

  /// Takes what marks and fills have made necessary, as far as it is there, and gives back what is
  /// no longer needed. Now and then.
  ///
  /// - Parameter isSettled: whether the exposure is all that this sender and its predecessors have:
  ///   before the venue has said so, nothing is given back.
  mutating func balanceCredit(isSettled: Bool) {
    guard let chunkE4 = credit?.chunkE4, let grossE4 = knownGrossE4 else { return }
    guard hasCredit(grossE4), isSettled else { return }
    // Some is kept, so that it is not handed back and forth.
    if grantedE4 - grossE4 > 4 * chunkE4 { credit?.giveBack(keeping: grossE4 + chunkE4) }
  }

  /// The run has ended, and all is known: only what is held keeps its credit.
  mutating func releaseCredit() {
    if let grossE4 = knownGrossE4 { credit?.giveBack(keeping: grossE4) }
  }
}
