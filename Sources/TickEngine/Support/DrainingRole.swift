/// A role that empties rings behind the line until it is told that nothing more comes: a recorder.
protocol DrainingRole: ~Copyable, Role {
  /// Whether nothing more is published.
  var isStopping: Bool { get }
  /// Takes what is there; whether there was anything.
  mutating func drain() throws -> Bool
  /// Everything has been taken.
  mutating func finish() throws
}

extension DrainingRole where Self: ~Copyable {
  mutating func run() throws {
    var backoff = Backoff(.share)
    while true {
      // Before the rings are looked at: what was published before it is seen then.
      let isLast = isStopping
      if try drain() {
        backoff.reset()
        continue
      }
      if isLast { break }
      backoff.wait()
    }
    try finish()
  }
}
