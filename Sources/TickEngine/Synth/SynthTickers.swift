import TickWire

/// Made-up names for instruments: one to five capital letters, mostly three or four, unique, in
/// alphabetical order as a venue's directory has them.
enum SynthTickers {
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

  static func make(_ count: Int, _ random: inout SeededRandom) -> [Symbol] {
    var seen: Set<String> = []
    while seen.count < count {
      // Names of a length that is nearly used up come again, and are drawn once more: at most
      // 100,000 of the 12 million names are asked for, so this ends soon.
      let name = (0..<length(&random)).map { _ in letters[random.below(letters.count)] }
      seen.insert(String(decoding: name, as: UTF8.self))
    }
    return seen.sorted().map { name in
      guard let symbol = Symbol(name) else { preconditionFailure("letters make a symbol") }
      return symbol
    }
  }

  private static func length(_ random: inout SeededRandom) -> Int {
    switch random.below(100) {
    case 0: 1
    case 1...4: 2
    case 5...39: 3
    case 40...91: 4
    default: 5
    }
  }
}
