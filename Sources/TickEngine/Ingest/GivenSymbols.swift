import TickRing
import TickWire

extension DirectoryWriter {
  /// Numbers the symbols of a given list, in its order.
  mutating func add(_ symbols: [String]) throws(ReplayError) {
    var seen = Set<UInt64>()
    for name in symbols {
      guard let symbol = Symbol(name) else {
        // Quoted and cut, as it may be anything.
        let text = String(reflecting: String(name.prefix(20)))
        throw ReplayError.badSymbols("\(text) is not a symbol of 1 to 8 printable characters")
      }
      guard seen.insert(symbol.word).inserted else {
        throw ReplayError.badSymbols("\(name) is listed twice")
      }
      guard number(of: symbol.word) != nil else {
        throw ReplayError.badSymbols("more than \(TickPublisher.instrumentsMax - 1) symbols")
      }
    }
  }
}
