import Foundation
import Testing

@testable import TickEngine

/// MD2: what each line's own account says, whatever the other one brought.
@Suite struct LineTableTests {
  private func note(
    _ table: borrowing LineTable, _ line: Int, _ first: UInt64, _ count: UInt64,
    _ outcome: Arbiter.Outcome = .released
  ) {
    let packet = SequencedPacket(stream: 1, session: 1, first: first, count: count, sendTime: 1)
    table.note(line, packet, stream: 0, outcome, now: 1)
  }

  @Test func aPacketThatBeginsBehindItsLineAndEndsBeyondItIsAnOverlap() {
    let table = LineTable(lines: 2)
    note(table, 0, 1, 4)
    note(table, 0, 3, 4)  // 3...6, with 5 next
    note(table, 0, 5, 2, .duplicate)  // 5...6, with 7 next: behind it, and no overlap
    note(table, 0, 7, 1)
    #expect(table[0].overlaps == 1 && table[0].outOfOrder == 2)
    #expect(table[0].gaps == 0 && table[0].lastSequence == 8)
    #expect(table[1].overlaps == 0)
  }

  /// The other line's sequence is no measure: B begins where it begins, and goes on without a hole.
  @Test func aLineOverlapsItselfAlone() {
    let table = LineTable(lines: 2)
    note(table, 0, 1, 4)
    note(table, 1, 3, 4)
    note(table, 1, 7, 1)
    #expect(table[1].overlaps == 0 && table[1].outOfOrder == 0 && table[1].gaps == 0)
  }

  @Test func theReportOfALineSaysItsOverlaps() throws {
    let table = LineTable(lines: 1)
    note(table, 0, 1, 4)
    note(table, 0, 3, 4)
    var line = Report.Line(name: "a", address: "239.1.2.3:5000", state: .live)
    line.take(table[0], ReceiveCounts())
    let text = String(decoding: try JSONEncoder().encode(line), as: UTF8.self)
    #expect(text.contains("\"overlaps\":1"))
  }
}
