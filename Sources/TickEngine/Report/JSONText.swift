import Foundation

/// JSON as a report prints it: keys sorted, indented, amounts exact. Foundation's encoder, with the
/// one set of options that makes two reports of one run the same text.
public enum JSONText {
  /// - Throws: `EncodingError` for a number that JSON cannot hold (NaN, infinities).
  public static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
