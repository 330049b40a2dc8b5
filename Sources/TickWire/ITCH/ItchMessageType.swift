/// The message types of NASDAQ TotalView-ITCH 5.0.
public enum ItchMessageType {
  /// Bytes that a message of `type` has, type byte included; nil for a type that we do not know.
  @inlinable
  public static func byteCount(_ type: UInt8) -> Int? {
    switch Unicode.Scalar(type) {
    case "S", "W": 12
    case "D", "B": 19
    case "Y", "N": 20
    case "h": 21
    case "X": 23
    case "H": 25
    case "L": 26
    case "K": 28
    case "E": 31
    case "V", "J", "U": 35
    case "A", "C": 36
    case "R": 39
    case "F", "Q": 40
    case "P": 44
    case "O": 48
    case "I": 50
    default: nil
    }
  }
}
