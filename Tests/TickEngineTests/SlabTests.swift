import Testing
import TickEngine

@Suite struct SlabTests {
  private struct Refusal: Error {}

  /// Counts its lives, to be found dead once.
  private final class Token {
    let log: Log
    init(_ log: Log) {
      self.log = log
      log.made += 1
    }
    deinit { log.destroyed += 1 }
  }

  private final class Log {
    var made = 0
    var destroyed = 0
  }

  @Test func whatWasMadeBeforeARefusalIsDestroyedOnce() {
    let log = Log()
    #expect(throws: Refusal.self) {
      _ = try Slab<Token>(count: 5) { index in
        guard index < 3 else { throw Refusal() }
        return Token(log)
      }
    }
    #expect(log.made == 3 && log.destroyed == 3)
  }
}
