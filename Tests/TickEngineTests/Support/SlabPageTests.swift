import Foundation
import Testing

@testable import TickEngine

@Suite(.timeLimit(.minutes(1))) struct SlabPageTests {
  /// The kernel's flags of the mapping that an address lies in.
  private func flags(of address: UInt) throws -> [Substring] {
    let text = try String(contentsOfFile: "/proc/self/smaps", encoding: .utf8)
    var isIt = false
    for line in text.split(separator: "\n") {
      let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
      if ends.count == 2 { isIt = ends[0] <= address && address < ends[1] }
      if isIt, line.hasPrefix("VmFlags:") { return line.dropFirst(8).split(separator: " ") }
    }
    return []
  }

  /// Whatever pages it came by: none is put together with others while somebody uses it.
  @Test(arguments: [1 << 18, (1 << 18) + 1, 3 << 18])
  func theKernelLeavesThePagesOfALargeOneAlone(count: Int) throws {
    let slab = Slab(count: count, repeating: UInt64(7))
    let made = Slab(count: count) { UInt64($0) }
    for base in [slab.base, made.base] {
      for address in [UInt(bitPattern: base), UInt(bitPattern: base + count) - 8] {
        let flags = try flags(of: address)
        #expect(flags.contains("nh") && !flags.contains("hg"), "\(flags)")
      }
    }
    #expect(slab[count - 1] == 7 && made[count - 1] == UInt64(count - 1))
  }
}
