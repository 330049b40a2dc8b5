/// Reads several captures as one, in capture time; at equal times, the file named first. Within
/// a file the file's order is kept, also where its times go backwards.
///
/// - Ownership: keeps its files alive. A datagram's payload is valid while the merge lives.
/// - Thread safety: one thread at a time.
/// - Cost: allocates when made, never in `next`. One file costs what `CaptureReader` costs; of k
///   files each datagram costs k comparisons besides.
public struct CaptureMerge: ~Copyable, Sendable {
  /// How many files are merged.
  public let fileCount: Int

  private var readers: FixedArray<CaptureReader>
  /// The next datagram of each file, read but not given out.
  private var heads: FixedArray<CaptureHead>
  /// The file whose head was given out last and has to be read again; -1: all of them.
  private var spent = -1

  /// Merges `files`; one is usual, none reads as an empty capture.
  public init(_ files: [CaptureFile]) {
    fileCount = files.count
    readers = FixedArray(count: files.count) { CaptureReader(files[$0]) }
    heads = FixedArray(count: files.count) { _ in CaptureHead() }
  }

  /// Opens and merges the captures at `paths`; throws what is wrong with the first bad one.
  public init(paths: [String]) throws(CaptureError) {
    var files: [CaptureFile] = []
    for path in paths { files.append(try CaptureFile(path: path)) }
    self.init(files)
  }

  /// All files' counts together. With several files, up to one datagram of each is counted
  /// before it is given out.
  public var counts: CaptureCounts {
    var sum = CaptureCounts()
    for index in 0..<fileCount { sum.add(readers[index].counts) }
    return sum
  }

  /// The counts of one file, by its place in the list.
  public func counts(ofFile index: Int) -> CaptureCounts { readers[index].counts }

  /// Reads the next datagram; false at the end of the last file.
  public mutating func next(_ datagram: inout Datagram) -> Bool {
    if fileCount == 1 { return readers[0].next(&datagram) }
    return nextOfMany(&datagram)
  }

  /// Back to the beginning of every file. Counts go on.
  public mutating func rewind() {
    for index in 0..<fileCount { readers[index].rewind() }
    spent = -1
  }

  @inline(never)
  private mutating func nextOfMany(_ datagram: inout Datagram) -> Bool {
    refill()
    var first = -1
    var firstTime = UInt64.max
    for index in 0..<fileCount where heads[index].isPresent {
      let time = heads[index].datagram.captureTime
      if first < 0 || time < firstTime {
        first = index
        firstTime = time
      }
    }
    guard first >= 0 else { return false }
    datagram = heads[first].datagram
    spent = first
    return true
  }

  private mutating func refill() {
    if spent >= 0 {
      fill(spent)
    } else {
      for index in 0..<fileCount { fill(index) }
    }
  }

  private mutating func fill(_ index: Int) {
    heads[index].isPresent = readers[index].next(&heads[index].datagram)
    heads[index].datagram.fileIndex = Int32(truncatingIfNeeded: index)
  }
}

/// A file's next datagram, while the merge holds it. Not nested and not private: the compiler
/// (6.3.1) fails on a noncopyable generic over a private type when another module destroys it.
struct CaptureHead: Sendable {
  var datagram = Datagram()
  var isPresent = false
}
