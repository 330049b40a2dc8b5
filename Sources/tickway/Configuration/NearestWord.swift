/// The word that somebody may have meant.
struct NearestWord {
  private let words: [String]

  init(_ words: [String]) { self.words = words }

  /// nil if none is near: at most a third of its letters are wrong.
  func to(_ word: String) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let best = words.map { ($0, NearestWord.steps(Array(word.utf8), Array($0.utf8))) }
      .min { $0.1 < $1.1 }
    guard let (found, steps) = best, steps <= max(1, found.utf8.count / 3) else { return nil }
    return found
  }

  /// Letters to be put in, left out or replaced, and neighbours to be swapped (the distance of
  /// optimal string alignment).
  private static func steps(_ from: [UInt8], _ to: [UInt8]) -> Int {
    var before: [Int] = []
    var last = Array(0...to.count)
    for (row, letter) in from.enumerated() {
      var next = [row + 1]
      for (column, other) in to.enumerated() {
        var least = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1)
        least = min(least, next[column] + 1)
        let isSwap =
          row > 0 && column > 0 && letter == to[column - 1] && from[row - 1] == other
        if isSwap { least = min(least, before[column - 1] + 1) }
        next.append(least)
      }
      (before, last) = (last, next)
    }
    return last[to.count]
  }
}
