/// Memory for a fixed number of histograms: of this process alone, or in a region that observers
/// read. Of this process alone it is page-aligned and written once at
/// the start, so that recording never faults a page in. Create it on the thread (or at least the
/// NUMA node) that will record: first touch decides where it lies.
///
/// - Ownership: frees the memory when the last reference goes. A view does not keep it alive, so
///   whoever takes views keeps the storage until their last use is over. Recording through a view
///   touches no reference count.
/// - Thread safety: immutable itself; each histogram has one writer.
@safe
public final class HistogramStorage: @unchecked Sendable {
  private let histograms: [LatencyHistogram]
  private let memory: UnsafeMutableRawPointer
  /// Keeps memory that is not ours.
  private let owner: AnyObject?

  private static let pageSize = 4096

  /// Traps unless `count` is at least 1.
  public init(count: Int = 1) {
    precondition(count >= 1)
    let size = HistogramLayout.byteCount
    // Allocation at start-up, freed in deinit; the pointer leaves only inside the views.
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * size, alignment: Self.pageSize)
    unsafe self.memory = memory
    owner = nil
    self.histograms = (0..<count).map {
      unsafe LatencyHistogram(creatingAt: memory + $0 * size, byteCount: size)
    }
  }

  /// Histograms in memory of somebody else, such as a region: those that are there already are gone
  /// on with, as the successor of their writer does.
  ///
  /// - Parameter owner: kept as long as the storage; the memory lives at least that long.
  /// - Safety: `memory` has room for `count` histograms, is aligned to 64 bytes, and nobody else
  ///   writes to it.
  @unsafe
  public init(at memory: UnsafeMutableRawPointer, count: Int, keeping owner: AnyObject) {
    precondition(count >= 1)
    let size = HistogramLayout.byteCount
    unsafe self.memory = memory
    self.owner = owner
    histograms = (0..<count).map {
      let place = unsafe memory + $0 * size
      return unsafe LatencyHistogram(continuingAt: place, byteCount: size)
        ?? LatencyHistogram(creatingAt: place, byteCount: size)
    }
  }

  deinit { if owner == nil { unsafe memory.deallocate() } }

  public var count: Int { histograms.count }

  /// The writer's view of one histogram, on cache lines of its own. Take it once at start.
  /// Traps outside `0 ..< count`.
  ///
  /// - Safety: the storage must outlive every use of the view.
  @unsafe
  public subscript(index: Int) -> LatencyHistogram { histograms[index] }

  /// A copy of what has been counted so far. Traps outside `0 ..< count`.
  public func snapshot(at index: Int = 0) -> HistogramSnapshot { histograms[index].snapshot() }
}
