import Foundation

/// An amount of the quote currency, exact to 1e-4: an integer of ten-thousandths, as the venues'
/// price integers times shares add up. In JSON it is a decimal number, exact.
public struct Notional: Hashable, Comparable, Sendable {
  public var tenThousandths: Int128

  public init(tenThousandths: Int128 = 0) { self.tenThousandths = tenThousandths }

  /// Reads `-12.3400`: at most four decimals. nil for anything else.
  public init?(_ text: some StringProtocol) {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? String(parts[1]) : "0"
    guard (1...4).contains(fraction.utf8.count),
      !parts[0].isEmpty, (parts[0] + fraction).utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let whole = Int128(parts[0] + fraction)
    else { return nil }
    var scaled = whole
    for _ in fraction.utf8.count..<4 {
      let (product, overflows) = scaled.multipliedReportingOverflow(by: 10)
      guard !overflows else { return nil }
      scaled = product
    }
    tenThousandths = digits.startIndex == text.startIndex ? scaled : -scaled
  }

  public static func < (left: Notional, right: Notional) -> Bool {
    left.tenThousandths < right.tenThousandths
  }
}

extension Notional: CustomStringConvertible {
  /// Exactly four decimals: `69394276.8200`.
  public var description: String {
    DecimalText.text(tenThousandths, decimals: 4)
  }
}

extension Notional: Codable {
  /// As an exact `Decimal`: zeroes at the end may be dropped, digits never.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    guard let decimal = Decimal(string: description) else {
      throw EncodingError.invalidValue(
        self, .init(codingPath: encoder.codingPath, debugDescription: "not a decimal"))
    }
    try container.encode(decimal)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(Decimal.self).description
    guard let value = Notional(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(text) is not exact to four decimals")
    }
    self = value
  }
}
