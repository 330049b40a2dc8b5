import CLinux

/// Where memory of this process lies, page by page, by the kernel's own word (move_pages). For what
/// is private: tables, histograms, stacks. A region verifies itself when it is made.
///
/// Thread safety: any thread. A system call for each 2 MiB; not for the hot path.
public struct MemoryPlacement: Equatable, Sendable {
  /// Pages that the range covers, in whole or in part.
  public private(set) var pages: UInt64
  public private(set) var onNode: UInt64
  public private(set) var elsewhere: UInt64
  /// Nowhere yet: whoever touches them first decides.
  public private(set) var untouched: UInt64
  /// One of the other nodes.
  public private(set) var otherNode: Int?

  /// Nothing: where a sum begins.
  private init() { (pages, onNode, elsewhere, untouched) = (0, 0, 0, 0) }

  private mutating func add(_ part: MemoryPlacement) {
    pages += part.pages
    onNode += part.onNode
    elsewhere += part.elsewhere
    untouched += part.untouched
    otherNode = otherNode ?? part.otherNode
  }

  /// Asks where the pages of `range` lie, as seen from `node`.
  public init(
    of range: UnsafeRawBufferPointer, node: Int
  ) throws(PlacementError) {
    var answer = clinux_placement()
    let code = unsafe clinux_place_of(
      range.baseAddress, UInt64(range.count), Int32(node), &answer)
    guard code == 0 else { throw .refused(node: node, code: -code) }
    pages = answer.pages
    onNode = answer.on_node
    elsewhere = answer.elsewhere
    untouched = answer.untouched
    otherNode = answer.other < 0 ? nil : Int(answer.other)
  }

  /// Throws `.misplaced` unless each page lies on `node`. Memory that is to be verified must have
  /// been touched: what has not been is no proof, and refused as well.
  public static func verify(
    _ range: UnsafeRawBufferPointer, node: Int
  ) throws(PlacementError) {
    let placement = try unsafe MemoryPlacement(of: range, node: node)
    guard placement.onNode == placement.pages else {
      throw .misplaced(
        pages: placement.pages - placement.onNode, of: placement.pages, node: node,
        other: placement.otherNode)
    }
  }

  /// All that this process has for itself: tables, histograms, stacks. Not regions, and nothing of
  /// a file: a library's data are shared with whoever else runs it, until they are written.
  public static func ofThisProcess(node: Int) throws(PlacementError) -> MemoryPlacement {
    var sum = MemoryPlacement()
    for line in MachineFiles().lines("/proc/self/maps") ?? [] {
      guard let range = unsafe privateRange(line) else { continue }
      sum.add(try unsafe MemoryPlacement(of: range, node: node))
    }
    return sum
  }

  /// Throws `.misplaced` if a page of that has been touched and lies elsewhere: for a role that has
  /// made all it needs.
  public static func verifyThisProcess(node: Int) throws(PlacementError) {
    let placement = try ofThisProcess(node: node)
    // What could not be looked at is not known to be right.
    guard placement.elsewhere == 0, placement.onNode > 0 else {
      throw .misplaced(
        pages: placement.elsewhere, of: placement.onNode + placement.elsewhere, node: node,
        other: placement.otherNode)
    }
  }

  /// The addresses of a line of `/proc/self/maps` that names private, writable memory of no file:
  /// addresses, rights, offset, device, inode, name.
  private static func privateRange(_ line: Substring) -> UnsafeRawBufferPointer? {
    let words = line.split(separator: " ", maxSplits: 5)
    guard words.count >= 5, words[1].hasPrefix("rw"), words[1].hasSuffix("p"), words[4] == "0"
    else { return nil }
    let bounds = words[0].split(separator: "-").map { UInt($0, radix: 16) }
    guard bounds.count == 2, let first = bounds[0], let end = bounds[1], end > first,
      let base = unsafe UnsafeRawPointer(bitPattern: first)
    else { return nil }
    // Nothing is read through it: the kernel is asked about the addresses.
    return unsafe UnsafeRawBufferPointer(start: base, count: Int(end - first))
  }
}
