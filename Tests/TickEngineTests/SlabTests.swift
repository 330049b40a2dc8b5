import Foundation
import Testing

@testable import TickEngine

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

  /// What the kernel has noted of the memory that holds an address.
  private func flags(at address: UInt) throws -> String {
    let file = try #require(fopen("/proc/self/smaps", "re"))
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 4096)
    var isInside = false
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(decoding: buffer.prefix { $0 > 10 }.map { UInt8($0) }, as: UTF8.self)
      let bounds = line.prefix { $0 != " " }.split(separator: "-").map { UInt($0, radix: 16) }
      if bounds.count == 2, let first = bounds[0], let end = bounds[1] {
        isInside = (first..<end).contains(address)
      } else if isInside, line.hasPrefix("VmFlags:") {
        return line
      }
    }
    return ""
  }

  /// Huge pages are asked for while it is made, if at all: what the kernel gave stays, and none is
  /// put together of small ones while somebody uses them.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/sys/kernel/mm/transparent_hugepage")),
    arguments: [1 << 18, (1 << 18) + 1, 1 << 20])
  func aLargeSlabBeginsWithAHugePageAndItsPagesAreLeftAlone(count: Int) throws {
    let slab = Slab(count: count, repeating: UInt64(7))
    let made = Slab(count: count) { UInt64($0) }
    for base in [UInt(bitPattern: slab.base), UInt(bitPattern: made.base)] {
      #expect(base.isMultiple(of: 2 << 20))
      for address in [base, base + UInt(count - 1) * 8] {
        let flags = try flags(at: address)
        #expect(flags.contains(" nh") && !flags.contains(" hg"))
      }
    }
    #expect(slab[0] == 7 && slab[count - 1] == 7 && made[count - 1] == UInt64(count - 1))
  }

  /// How many of the pages are there.
  private func present(_ slab: borrowing Slab<UInt64>) -> Int {
    var pages = [UInt8](repeating: 0, count: slab.count * 8 / Int(getpagesize()))
    let code = mincore(UnsafeMutableRawPointer(slab.base), slab.count * 8, &pages)
    return code == 0 ? pages.count { $0 & 1 == 1 } : -1
  }

  @Test func ofALargeSlabOfZerosTheRestComesLaterAndChangesNothing() throws {
    let (count, first) = (1 << 20, 1 << 18)
    let slab = Slab<UInt64>(zeros: count, as: 0, touching: first)
    let page = Int(getpagesize())
    #expect(present(slab) == first * 8 / page)
    slab[first * 2] = 7
    for pages in slab.latePages(touched: first) { pages.touch() }
    #expect(present(slab) == count * 8 / page)
    #expect(try flags(at: UInt(bitPattern: slab.base) + UInt(count - 1) * 8).contains(" nh"))
    #expect((0..<count).allSatisfy { slab[$0] == ($0 == first * 2 ? 7 : 0) })
  }

  @Test func aSmallSlabOfZerosIsThereAtOnce() {
    let slab = Slab<UInt64>(zeros: 1000, as: 0, touching: 1)
    #expect((0..<1000).allSatisfy { slab[$0] == 0 } && slab.latePages(touched: 1).isEmpty)
  }
}
