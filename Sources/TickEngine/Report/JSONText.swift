import Foundation

/// JSON as it is printed and kept: keys sorted, amounts exact. Foundation's encoder, with the one
/// set of options that makes two reports of one run the same text.
///
/// Both throw `EncodingError` for a number that JSON cannot hold (NaN, infinities).
public enum JSONText {
  /// Indented, for reports; a line break at the end.
  public static func encode(_ value: some Encodable) throws -> String {
    try text(value, [.prettyPrinted]) + "\n"
  }

  /// In one line, without its end.
  public static func line(_ value: some Encodable) throws -> String { try text(value, []) }

  private static func text(
    _ value: some Encodable, _ layout: JSONEncoder.OutputFormatting
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = layout.union([.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
