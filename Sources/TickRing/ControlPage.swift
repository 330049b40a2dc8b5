import CTickRing

/// The control page: words that one role writes now and then and the others read before they act.
/// One 64-byte line each, so that a word's readers share only that word.
///
/// Thread safety: every word has one writer, named with it; any number of readers. Reads are an
/// acquire load of a line that hardly ever changes, about a nanosecond.
public struct ControlPage: ~Copyable, @unchecked Sendable {
  /// The words of the whole; the raw value is the line.
  public enum Word: Int, Sendable {
    /// Not 0: no new order leaves, and what works is cancelled. Written by the operator's side.
    case kill = 0
    /// Not 0: the risk gate has tripped by itself, with the same effect. Written by the sender.
    case tripped = 1
    /// Counts sessions: the market begins anew with each. Written by the ingester, only while
    /// every ring is empty.
    case session = 2
    /// Not 0: the ingester stops. Written by whoever started it.
    case stopIngest = 3
    /// Not 0: the ingester is done, so workers stop once their rings are empty.
    case ingestDone = 4
    /// Not 0: every worker is done asking, so the sender stops once its rings are empty. Written by
    /// the starter.
    case workersDone = 5
    /// Order requests that the sender has polled and decided. Written by the sender, when idle.
    case requestsDecided = 6
    /// Not 0: a role has failed; every other stops. Written by the starter.
    case failed = 7
    /// Not 0: the sender is done, so workers stop once their event rings are empty. Written by the
    /// starter.
    case senderDone = 8
    /// Not 0: every tick is published, so the recorder stops once its rings are empty. Written by
    /// the starter.
    case stopRecorder = 9
    /// Packets taken so far, now and then, for whoever watches. Written by the ingester.
    case packetsIngested = 10
    /// The state of a live feed in the low byte, those of its lines in the bytes above. Written by
    /// the ingester.
    case lineStates = 11
    /// Not 0: the sender waits no longer for the venue's last answers. Written by the starter.
    case stopDrain = 12
    /// Not 0: the venue has begun another session than orders went out in, and one less than this
    /// are in doubt. Written by the sender.
    case sessionGone = 13
  }

  /// In the line of `sessionGone`, whose writer writes these, too.
  public enum SenderWord: Int, Sendable {
    /// Times that the venue has stopped in the middle of telling what there was before, and was
    /// called again; 0: never, or since then it has told all.
    case replaysStalled = 1
  }

  /// What has befallen a live feed, each a count that only grows but where it is said; in two
  /// lines. Written by the ingester.
  public enum FeedWord: Int, Sendable {
    case gaps = 0
    /// Messages lost in them.
    case missing
    /// Sequences begun anew in their session.
    case restarts
    /// Datagrams that are damaged, or not of the feed.
    case bad
    /// Datagrams that found no room in a socket.
    case kernelDrops
    /// Quotes and trades refused for their age, or as of the future.
    case refusedForAge
    /// Times that the machine's clock was set, and by how much it was last: ns, signed.
    case clockSteps
    case clockStep_ns
    /// Sessions begun after another.
    case sessionChanges
    /// Times that the request server fell silent, or answered again.
    case serverChanges
    /// No count: whom the ingester has been waiting for, for a while: worker n is n + 1, tap n is
    /// `ControlPage.capacity` + n, 0 is nobody; and since when, CLOCK_MONOTONIC, ns.
    case waitsFor
    case waitsSince_ns
    /// Relayed ticks of whose instrument no name has come.
    case unnamed
    /// Relayed bids and asks, the one without the other.
    case halfQuotes
    /// Datagrams longer than what is received.
    case tooLong
  }

  /// What one worker says of itself when it is idle; the worker is its one writer.
  public enum WorkerWord: Int, Sendable {
    /// Ticks polled and acted upon.
    case ticksProcessed = 0
    /// Order requests published before that.
    case requests = 1
    /// Not 0: it asks for nothing more.
    case done = 2
    /// Times that its process died, where roles are processes: what it had open is cancelled.
    /// Written by the starter.
    case deaths = 3
    /// Deaths that the sender has acted upon: its successor goes on from there. Written by the
    /// sender.
    case deathsSeen = 4
    /// The request whose refusal it is being told, by its place in the ring, and in the high half
    /// where its event ring stood before: whether it was told is to be seen by that. Written by the
    /// sender.
    case answering = 5
    /// The same of an order that did not leave, by its UserRefNum. Written by the sender.
    case withdrawing = 6
    /// Events that found no room of which it has been told. Written by the sender.
    case eventsLostTold = 7
  }

  private let region: Region
  @usableFromInline let words: UnsafeMutablePointer<UInt64>

  /// Lines of a page, as the capacity of its region.
  public static let capacity = 64
  /// Lines before the workers'.
  @usableFromInline static let commonLines = 16
  /// The first of two lines among them that have every `FeedWord`.
  @usableFromInline static let feedLine = 14
  /// Workers that a page has lines for.
  public static let workersMax = capacity - 16

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

  /// An acquire load: what its writer did before is seen after it.
  @inlinable
  public func read(_ word: Word) -> UInt64 {
    tickring_load_acquire(words + word.rawValue * 8)  // SHARE
  }

  /// A release store, by the word's one writer.
  @inlinable
  public func write(_ word: Word, _ value: UInt64) {
    tickring_store_release(words + word.rawValue * 8, value)  // SHARE
  }

  @inlinable
  public func read(_ word: SenderWord) -> UInt64 {
    tickring_load_acquire(at(word))  // SHARE
  }

  @inlinable
  public func write(_ word: SenderWord, _ value: UInt64) {
    tickring_store_release(at(word), value)  // SHARE
  }

  @inlinable
  public func read(_ word: FeedWord) -> UInt64 {
    tickring_load_acquire(at(word))  // SHARE
  }

  @inlinable
  public func write(_ word: FeedWord, _ value: UInt64) {
    tickring_store_release(at(word), value)  // SHARE
  }

  /// Of one worker, from 0. Traps if a page has no line for it.
  @inlinable
  public func read(_ word: WorkerWord, worker: Int) -> UInt64 {
    tickring_load_acquire(at(word, worker))  // SHARE
  }

  /// Of one worker, from 0, by the word's one writer. Traps if a page has no line for it.
  @inlinable
  public func write(_ word: WorkerWord, worker: Int, _ value: UInt64) {
    tickring_store_release(at(word, worker), value)  // SHARE
  }

  @inlinable @inline(__always)
  func at(_ word: SenderWord) -> UnsafeMutablePointer<UInt64> {
    words + (Word.sessionGone.rawValue * 8 + word.rawValue)
  }

  @inlinable @inline(__always)
  func at(_ word: FeedWord) -> UnsafeMutablePointer<UInt64> {
    words + (ControlPage.feedLine * 8 + word.rawValue)
  }

  @inlinable @inline(__always)
  func at(_ word: WorkerWord, _ worker: Int) -> UnsafeMutablePointer<UInt64> {
    precondition(worker >= 0 && worker < ControlPage.workersMax, "no line for this worker")
    return words + ((ControlPage.commonLines + worker) * 8 + word.rawValue)
  }
}
