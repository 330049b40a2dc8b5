import Testing
import TickWire

@testable import TickEngine

struct VenueStreamTests {
  static func append(_ count: Int, to stream: inout RetainedStream) {
    for _ in 0..<count {
      let sequence = stream.nextSequence
      let target = stream.claim()
      target.put(u64be: sequence, at: 3)
      stream.commit(SoupBin.frame(.sequenced, payload: 60, into: target))
    }
  }

  /// The sequences that a reader finds from `sequence` on.
  static func read(_ stream: RetainedStream, from sequence: UInt64) -> [UInt64]? {
    guard var cursor = stream.cursor(at: sequence) else { return nil }
    var result: [UInt64] = []
    while true {
      let pending = stream.pending(at: &cursor)
      guard pending.count > 0 else { return result }
      result.append(pending.u64be(3))
      cursor.offset += 63
    }
  }

  @Test func everySequenceCanBeReadFromUntilItIsForgotten() {
    var stream = RetainedStream(chunkBytes: 4_096, bytesMax: 3 * 4_096)
    Self.append(150, to: &stream)
    for sequence in UInt64(1)...151 {
      #expect(Self.read(stream, from: sequence) == Array(sequence..<151))
    }
    #expect(stream.cursor(at: 152) == nil && stream.cursor(at: 0) == nil)
    #expect(stream.messagesForgotten == 0)
    Self.append(150, to: &stream)
    let kept = stream.messagesForgotten + 1
    #expect(kept > 100)
    #expect(stream.cursor(at: kept - 1) == nil)
    #expect(Self.read(stream, from: kept) == Array(kept...300))
  }

  @Test func aPlaceThatIsForgottenHasNoPosition() throws {
    var stream = RetainedStream(chunkBytes: 4_096, bytesMax: 2 * 4_096)
    let beginning = try #require(stream.cursor(at: 1))
    #expect(stream.position(of: beginning) == 0)
    Self.append(1_000, to: &stream)
    #expect(stream.position(of: beginning) == nil)
    #expect(stream.position(of: stream.end) == 63_000)
  }
}
