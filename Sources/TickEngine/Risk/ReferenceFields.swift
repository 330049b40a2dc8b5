import TickWire

/// The fields of one line, taken from the left.
struct ReferenceFields {
  private var rest: ArraySlice<Substring>
  private let number: Int

  init(_ line: Substring, number: Int) {
    rest = line.split(separator: ",", omittingEmptySubsequences: false)[...]
    self.number = number
  }

  mutating func row() throws(ReferenceData.Failure) -> ReferenceData.Row {
    guard rest.count == 6 else {
      throw failure("6 fields are needed, not \(rest.count)")
    }
    let symbol = String(rest.removeFirst())
    guard Symbol(symbol) != nil else {
      throw failure("symbol: 1 to 8 printable characters are needed, not \"\(symbol)\"")
    }
    let sector = String(rest.removeFirst())
    guard (1...32).contains(sector.utf8.count),
      sector.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { throw failure("sector: 1 to 32 printable characters are needed") }
    return ReferenceData.Row(
      symbol: symbol, sector: sector, adv: try shares("adv", orEmpty: true),
      previousCloseE4: try price("previous_close"),
      positionMax: try shares("position_max", orEmpty: false) ?? 0,
      isRestricted: try answer("restricted"))
  }

  private mutating func shares(
    _ name: String, orEmpty: Bool
  ) throws(ReferenceData.Failure) -> Int64? {
    let text = rest.removeFirst()
    if orEmpty, text.isEmpty { return nil }
    guard let value = Int64(text), (0...ReferenceData.sharesMax).contains(value) else {
      throw failure("\(name): a whole number of shares is needed, not \"\(text)\"")
    }
    return value
  }

  private mutating func price(_ name: String) throws(ReferenceData.Failure) -> Int64? {
    let text = rest.removeFirst()
    if text.isEmpty { return nil }
    let most = Int128(FixedPoint.priceE4Max)
    guard let price = Notional(text)?.tenThousandths, price > 0, price <= most else {
      throw failure("\(name): a price with at most four decimals is needed, not \"\(text)\"")
    }
    return Int64(price)
  }

  private mutating func answer(_ name: String) throws(ReferenceData.Failure) -> Bool {
    let text = rest.removeFirst()
    guard text == "yes" || text == "no" else {
      throw failure("\(name): yes or no is needed, not \"\(text)\"")
    }
    return text == "yes"
  }

  private func failure(_ text: String) -> ReferenceData.Failure {
    ReferenceData.Failure(description: "line \(number): \(text)")
  }
}
