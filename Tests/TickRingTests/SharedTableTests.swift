import CTickRing
import Foundation
import Synchronization
import Testing

@testable import TickRing

/// The directory, the board and the control page.
@Suite(.timeLimit(.minutes(1)))
struct SharedTableTests {
  @Test func anInstrumentKeepsItsNumberAndReadersSeeIt() throws {
    try withScratch { directory in
      let region = try Region.create(.directory, directory: directory, name: "d", capacity: 1024)
      var writer = try DirectoryWriter(claiming: region.duplicate(), venue: 77)
      let reader = DirectoryReader(try region.duplicate())
      var wrong = reader.count == 0 && reader.symbol(1) == nil && reader.symbol(0) == nil ? 0 : 1
      // Symbols that differ in one byte only, the same twice over.
      for _ in 0..<2 {
        for number in 1...UInt32(1023) {
          let symbol = 0x2020_2020_2020_2041 + UInt64(number) << 8
          if writer.number(of: symbol) != number { wrong += 1 }
          if writer.find(symbol) != number { wrong += 1 }
          if reader.symbol(number) != symbol || reader.venue(number) != 77 { wrong += 1 }
        }
      }
      #expect(wrong == 0)
      let beyond = (reader.symbol(0), reader.symbol(1024), reader.symbol(.max))
      #expect(beyond.0 == nil && beyond.1 == nil && beyond.2 == nil)
    }
  }

  @Test(arguments: [1, 2, 4, 16])
  func aFullDirectoryGivesNoNumber(capacity: Int) throws {
    try withScratch { directory in
      let region = try Region.create(
        .directory, directory: directory, name: "d", capacity: capacity)
      var writer = try DirectoryWriter(claiming: region.duplicate(), venue: 0)
      for symbol in 0..<UInt64(capacity - 1) {  // 0 is a symbol like any other
        let number = writer.number(of: symbol)
        #expect(number == UInt32(symbol) + 1)
      }
      let refused = (writer.number(of: 999), writer.find(999))
      let count = writer.count
      #expect(refused.0 == nil && refused.1 == nil && count == capacity - 1)
    }
  }

  @Test func oneSymbolAtTwoVenuesIsTwoInstruments() throws {
    try withScratch { directory in
      let region = try Region.create(.directory, directory: directory, name: "d", capacity: 8)
      var writer = try DirectoryWriter(claiming: region.duplicate(), venue: 7)
      let reader = DirectoryReader(try region.duplicate())
      let first = (writer.number(of: 5, venue: 8), writer.number(of: 5), writer.find(5))
      #expect(first.0 == 1 && first.1 == 2 && first.2 == 2)
      let again = (writer.number(of: 5, venue: 8), writer.number(of: 5, venue: 7))
      #expect(again.0 == 1 && again.1 == 2)
      #expect(reader.venue(1) == 8 && reader.venue(2) == 7 && reader.count == 2)
    }
  }

  @Test func aSuccessorKeepsTheNumbersThatWereGiven() throws {
    try withScratch { directory in
      let region = try Region.create(.directory, directory: directory, name: "d", capacity: 16)
      do {
        var writer = try DirectoryWriter(claiming: region.duplicate(), venue: 7)
        for symbol in 1...UInt64(5) { _ = writer.number(of: symbol * 10) }
      }
      let hash = region.word(1)
      region.words[1] = 0  // died after an entry, before its count
      var writer = try DirectoryWriter(claiming: region.duplicate(), venue: 7)
      let numbers = (writer.find(30), writer.number(of: 50), writer.number(of: 60))
      #expect(numbers.0 == 3 && numbers.1 == 5 && numbers.2 == 6)
      let fresh = try Region.create(.directory, directory: directory, name: "e", capacity: 16)
      var again = try DirectoryWriter(claiming: fresh.duplicate(), venue: 7)
      for symbol in 1...UInt64(5) { _ = again.number(of: symbol * 10) }
      #expect(fresh.word(1) == hash)
      _ = again.number(of: 60)
      #expect(fresh.word(1) == region.word(1), "the hash is that of the entries")
    }
  }

  @Test func aCountThatLiesNeverLeadsOutsideTheDirectory() throws {
    try withScratch { directory in
      let region = try Region.create(.directory, directory: directory, name: "d", capacity: 4)
      region.words[0] = 1
      region.words[3] = .max
      let reader = DirectoryReader(try region.duplicate())
      let beyond = (reader.count, reader.symbol(3), reader.symbol(4))
      #expect(beyond.0 == 3 && beyond.1 == 0 && beyond.2 == nil)
      let writer = try DirectoryWriter(claiming: region.duplicate(), venue: 0)
      let count = writer.count
      #expect(count == 3)
    }
  }

  @Test func theBoardNeverShowsATornEntry() throws {
    try withScratch { directory in
      let region = try Region.create(.board, directory: directory, name: "b", capacity: 4)
      let reader = BoardReader(try region.duplicate())
      let flag = StopFlag()
      let writer = hammer(directory, until: flag)
      var torn = 0
      var read = 0
      var changes: UInt64 = 0
      var before: UInt64 = 0
      let deadline = Date().addingTimeInterval(10)
      while changes < 300, Date() < deadline {
        for _ in 0..<1000 {
          guard let entry = reader.read(2) else { continue }
          read += 1
          let isQuote =
            entry.askPrice == entry.bidPrice + 1
            && entry.quoteTime == UInt64(entry.bidPrice)
          let isLast = entry.lastTime == UInt64(entry.lastPrice)
          if entry.quoteTime != 0, !isQuote || !isLast { torn += 1 }
          if entry.quoteTime < before { torn += 1 }
          if entry.quoteTime != before { changes += 1 }
          before = entry.quoteTime
        }
      }
      flag.stop()
      writer.join()
      #expect(torn == 0)
      #expect(read > 0 && changes >= 300, "the writer and the reader did meet")
    }
  }

  /// Changes quote and last price of instrument 2 as fast as it can.
  func hammer(_ directory: String, until flag: StopFlag) -> Worker {
    Worker {
      // Cannot fail: the region is there, and nobody else writes.
      let writer = try! BoardWriter(
        claiming: Region.attach(.board, directory: directory, name: "b"))
      var number: UInt64 = 0
      while !flag.isStopped {
        number += 1
        let price = Double(number)
        writer.setQuote(2, bid: price, ask: price + 1, time: number)
        writer.setLast(2, price: price, time: number)
      }
    }
  }

  @Test func aBoardLineWhoseWriterDiedInTheMiddleIsForgotten() throws {
    try withScratch { directory in
      let region = try Region.create(.board, directory: directory, name: "b", capacity: 4)
      let reader = BoardReader(try region.duplicate())
      do {
        let writer = try BoardWriter(claiming: region.duplicate())
        writer.setQuote(1, bid: 10, ask: 11, time: 5)
        writer.setQuote(2, bid: 20, ask: 21, time: 5)
      }
      region.words[8] |= 1  // began a change of line 1, and got as far as the bid
      region.words[8 + 3] = (99.0).bitPattern
      #expect(reader.read(1) == nil)
      let writer = try BoardWriter(claiming: region.duplicate())
      writer.setLast(1, price: 7, time: 6)
      let (one, two) = (reader.read(1), reader.read(2))
      #expect(one?.bidPrice == 0 && one?.askPrice == 0 && one?.quoteTime == 0)
      #expect(one?.lastPrice == 7 && one?.lastTime == 6)
      #expect(two?.bidPrice == 20 && two?.askPrice == 21)
      #expect(region.word(8) & 1 == 0)
    }
  }

  @Test func theBoardIgnoresInstrumentsBeyondItAndForgetsOnClear() throws {
    try withScratch { directory in
      let region = try Region.create(.board, directory: directory, name: "b", capacity: 4)
      let writer = try BoardWriter(claiming: region.duplicate())
      let reader = BoardReader(try region.duplicate())
      writer.setLast(4, price: 1, time: 1)
      writer.setLast(.max, price: 1, time: 1)
      writer.setSuspect(3, true)
      let before = (reader.read(4) == nil, reader.read(.max) == nil, reader.read(3)?.isSuspect)
      #expect(before.0 && before.1 && before.2 == true)
      for instrument in UInt32(0)..<4 { writer.clear(instrument) }
      let after = reader.read(3)
      #expect(after?.isSuspect == false)
    }
  }

  @Test func aControlWordIsSeenThroughEveryAttachment() throws {
    try withScratch { directory in
      let region = try Region.create(
        .control, directory: directory, name: "c", capacity: ControlPage.capacity)
      let page = ControlPage(try region.duplicate())
      let other = try page.duplicate()
      page.write(.kill, 3)
      page.write(.session, .max)
      let seen = (other.read(.kill), other.read(.session), other.read(.tripped))
      #expect(seen == (3, .max, 0))
    }
  }
}

/// Tells a thread to end.
final class StopFlag: Sendable {
  private let word = Atomic<Bool>(false)
  var isStopped: Bool { word.load(ordering: .relaxed) }
  func stop() { word.store(true, ordering: .relaxed) }
}
