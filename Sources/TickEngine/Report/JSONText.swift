/// JSON as a report prints it: keys sorted, two spaces of indentation, integers in full, and
/// amounts with all their decimals. Foundation's encoder is exact too, but normalises decimals
/// (`1.5000` becomes `1.5`), so that two reports of one run would differ in form from a fixed one.
public enum JSONText {
  /// - Throws: `EncodingError` for a number that JSON cannot hold (NaN, infinities).
  public static func encode(_ value: some Encodable) throws -> String {
    var text = ""
    write(try JSONNode(value, path: []), indent: 0, to: &text)
    return text + "\n"
  }

  private static func write(_ node: JSONNode, indent: Int, to text: inout String) {
    switch node {
    case .literal(let literal): text += literal
    case .array(let items):
      writeList(items, open: "[", close: "]", indent: indent, to: &text) { item, text in
        write(item, indent: indent + 2, to: &text)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key < $1.key }
      writeList(sorted, open: "{", close: "}", indent: indent, to: &text) { member, text in
        text += quoted(member.key) + ": "
        write(member.value, indent: indent + 2, to: &text)
      }
    }
  }

  private static func writeList<Item>(
    _ items: [Item], open: String, close: String, indent: Int, to text: inout String,
    each: (Item, inout String) -> Void
  ) {
    guard !items.isEmpty else { return text += open + close }
    text += open
    for (index, item) in items.enumerated() {
      text += (index == 0 ? "\n" : ",\n") + String(repeating: " ", count: indent + 2)
      each(item, &text)
    }
    text += "\n" + String(repeating: " ", count: indent) + close
  }

  /// A JSON string: quotes, backslashes and control characters escaped, all else as it is.
  static func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        result += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// A JSON value between the model and its text.
enum JSONNode {
  /// A number, a quoted string, `true`, `false` or `null`, as it is printed.
  case literal(String)
  case array([JSONNode])
  case object([String: JSONNode])

  init(_ value: some Encodable, path: [any CodingKey]) throws {
    switch value {
    case let amount as Notional: self = .literal(amount.description)
    case let string as String: self = .literal(JSONText.quoted(string))
    case let flag as Bool: self = .literal(flag ? "true" : "false")
    case let integer as any BinaryInteger: self = .literal(String(integer))
    case let number as Double: self = .literal(try Self.text(of: number, path: path))
    case let number as Float: self = .literal(try Self.text(of: Double(number), path: path))
    default:
      let encoder = NodeEncoder(codingPath: path)
      try value.encode(to: encoder)
      self = encoder.node
    }
  }

  private static func text(of number: Double, path: [any CodingKey]) throws -> String {
    guard number.isFinite else {
      throw EncodingError.invalidValue(
        number, .init(codingPath: path, debugDescription: "JSON has no \(number)"))
    }
    return number.description
  }
}
