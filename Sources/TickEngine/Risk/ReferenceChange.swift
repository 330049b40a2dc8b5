/// One field of the reference data that a reload changed, for the log. Made off the hot path.
public struct ReferenceChange: Equatable, Sendable, CustomStringConvertible {
  public let symbol: String
  /// Name of the column; `symbol` where the whole row came or went.
  public let field: String
  /// nil: there was none, or is none.
  public let old: String?
  public let new: String?

  public var description: String {
    "\(symbol) \(field): \(old ?? "none") -> \(new ?? "none")"
  }
}

extension ReferenceData {
  /// What is different here from the data before, by symbol.
  public func changes(from old: ReferenceData) -> [ReferenceChange] {
    let before = Dictionary(uniqueKeysWithValues: old.rows.map { ($0.symbol, $0) })
    let after = Dictionary(uniqueKeysWithValues: rows.map { ($0.symbol, $0) })
    return Set(before.keys).union(after.keys).sorted().flatMap { symbol in
      ReferenceData.changes(symbol, before[symbol], after[symbol])
    }
  }

  private static func changes(_ symbol: String, _ old: Row?, _ new: Row?) -> [ReferenceChange] {
    guard let old, let new else {
      return [
        ReferenceChange(
          symbol: symbol, field: "symbol", old: old.map(\.symbol), new: new.map(\.symbol))
      ]
    }
    return zip(old.fields, new.fields).compactMap { before, after in
      before.value == after.value
        ? nil
        : ReferenceChange(
          symbol: symbol, field: before.name, old: before.value, new: after.value)
    }
  }
}

extension ReferenceData.Row {
  /// As in the file; nil where it is empty.
  fileprivate var fields: [(name: String, value: String?)] {
    [
      ("sector", sector), ("adv", adv.map { "\($0)" }),
      (
        "previous_close",
        previousCloseE4.map { "\(Notional(tenThousandths: Int128($0)))" }
      ),
      ("position_max", "\(positionMax)"), ("restricted", isRestricted ? "yes" : "no"),
    ]
  }
}
