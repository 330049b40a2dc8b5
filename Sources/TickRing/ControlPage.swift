import CTickRing

/// The control page: words that one role writes now and then and the others read before they act.
/// One 64-byte line each, so that a word's readers share only that word.
///
/// Thread safety: every word has one writer, named with it; any number of readers. Reads are an
/// acquire load of a line that hardly ever changes, about a nanosecond.
public struct ControlPage: ~Copyable, @unchecked Sendable {
  public enum Word: Int, Sendable {
    /// Not 0: no new order leaves. Written by the operator's side.
    case kill = 0
    /// Not 0: the risk gate has tripped by itself. Written by the sender.
    case tripped = 1
    /// Counts sessions: the market begins anew with each. Written by the ingester, only while
    /// every ring is empty.
    case session = 2
    /// Not 0: the ingester stops. Written by whoever started it.
    case stopIngest = 3
    /// Not 0: the ingester is done, so workers stop once their rings are empty.
    case ingestDone = 4
    /// Not 0: every worker is done, so the sender stops once its rings are empty. Written by the
    /// starter.
    case workersDone = 5
    /// Orders that the sender has settled of those polled, for a driver that waits for quiet.
    case senderSettled = 6
    /// Not 0: a role has failed; every other stops. Written by the starter.
    case failed = 7
    /// Not 0: the venue stops. Written by the starter.
    case stopVenue = 8
  }

  private let region: Region
  @usableFromInline let words: UnsafeMutablePointer<UInt64>

  /// Words that a page holds, as the capacity of its region.
  public static let capacity = 16

  /// Takes over an attachment of the page's region: of kind `.control`, with room for every word.
  public init(_ region: consuming Region) {
    precondition(region.raw.kind == RegionKind.control.rawValue)
    precondition(region.capacity >= ControlPage.capacity)
    words = region.words
    self.region = region
  }

  /// Another attachment, for another thread.
  public func duplicate() throws(RingError) -> ControlPage {
    ControlPage(try region.duplicate())
  }

  @inlinable
  public func read(_ word: Word) -> UInt64 {
    tickring_load_acquire(words + word.rawValue * 8)  // SHARE
  }

  @inlinable
  public func write(_ word: Word, _ value: UInt64) {
    tickring_store_release(words + word.rawValue * 8, value)  // SHARE
  }
}
