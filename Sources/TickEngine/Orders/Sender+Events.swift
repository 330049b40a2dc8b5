import TickRing

/// What the sender tells the workers.
///
/// What a worker must know is told once, also where the sender dies over it: before the first event
/// it is noted what is told, and where the worker's ring stands; after the last, that it is told. A
/// successor finds by the ring how much of it there is, and tells the rest.
/// - What a message of the venue says: noted in the pool, where a store says that it is told. The
///   venue repeats all to a successor.
/// - What becomes of a request that leads to no order (`answer`): noted in the instance's control
///   page, and told when the request is advanced past.
/// - That an order did not leave, or never arrived: noted there, and told when the order's line is
///   free.
///
/// Told again by a death in between, but never left out: changes of the trading state, and that
/// events found no room.
extension Sender {
  /// An event for a worker, or the news that events were lost.
  mutating func tell(_ worker: Int, _ event: OrderEvent) {
    guard tellLost(worker) else { return countLost(worker) }
    publish(worker, event)
  }

  /// What becomes of the request in hand, the next of its worker's ring, if no order does.
  mutating func answer(_ worker: Int, _ event: OrderEvent) {
    guard tellLost(worker) else { return countLost(worker) }
    note(.answering, worker, Sender.mark(ports[worker].requests.polled))
    publish(worker, event)
  }

  /// Whether the worker knows of all events that found no room.
  private mutating func tellLost(_ worker: Int) -> Bool {
    guard ports[worker].lost > 0 else { return true }
    let lost = OrderEvent.lost(ports[worker].lost, at: MonotonicClock.now)
    guard ports[worker].events.publish(lost) else { return false }
    ports[worker].lost = 0
    notes?.write(.eventsLostTold, worker: worker, ports[worker].events.full)
    return true
  }

  private mutating func publish(_ worker: Int, _ event: OrderEvent) {
    if !ports[worker].events.publish(event) { countLost(worker) }
  }

  private mutating func countLost(_ worker: Int) {
    ports[worker].events.countFull()
    ports[worker].lost += 1
    book.counts.eventsLost += 1
  }

  /// What became of an order: to the risk gate, and to its worker.
  ///
  /// - Parameter sequence: of the venue's message that says so; 0: none does.
  mutating func report(_ news: OrderNews, of sequence: UInt64 = 0) {
    account(for: news)
    let isTold = news.isHeard || (options.workersOutlive && !isRepeating)
    if isTold, news.worker < ports.count, news.event.kind != 0 { tell(news, of: sequence) }
    if news.leaving != 0 { book.leave(news.leaving) }
  }

  mutating func tell(_ news: OrderNews, of sequence: UInt64) {
    if options.workersOutlive, sequence > 0 { return tellOnce(news, of: sequence) }
    guard tellLost(news.worker) else {
      countLost(news.worker)
      if news.correction != nil { countLost(news.worker) }
      return
    }
    if news.leaving != 0 { note(.withdrawing, news.worker, news.leaving) }
    publish(news.worker, news.event)
    if let correction = news.correction { tell(news.worker, correction) }
  }

  private mutating func tellOnce(_ news: OrderNews, of sequence: UInt64) {
    let worker = news.worker
    let isHalfTold = sequence == halfTold.sequence && worker == halfTold.worker
    let before = isHalfTold ? halfTold.events : 0
    let (event, correction) = (before < 1, before < 2 && news.correction != nil)
    guard tellLost(worker) else {
      if event { countLost(worker) }
      if correction { countLost(worker) }
      return
    }
    let published = ports[worker].events.published &- UInt64(before)
    book.pool.telling = OrderPool.Telling(
      sequence: sequence, worker: worker,
      published: UInt32(truncatingIfNeeded: published) & OrderPool.Telling.publishedMask)
    book.pool.foundTold = nil
    if event { tell(worker, news.event) }
    if correction, let correction = news.correction { tell(worker, correction) }
  }

  /// What the predecessor was telling when it died: how much of it the worker's ring holds. Before
  /// anything else is told.
  mutating func findHalfTold() {
    let telling = book.pool.telling
    guard telling.sequence > toldBefore, telling.worker < ports.count else { return }
    if book.pool.foundTold == nil { book.pool.foundTold = eventsHeld(of: telling) }
    halfTold = (telling.sequence, book.pool.foundTold ?? 0, telling.worker)
  }

  private func eventsHeld(of telling: OrderPool.Telling) -> Int {
    let published = UInt32(truncatingIfNeeded: ports[telling.worker].events.published)
    let events = (published &- telling.published) & OrderPool.Telling.publishedMask
    // More than a message can bring: the ring is another one, and its worker was told nothing.
    return events <= OrderPool.Telling.eventsMax ? Int(events) : 0
  }

  // MARK: What is no message's

  /// Before the one event of something: what is told, which is never 0, and where the worker's ring
  /// stands. One store.
  private mutating func note(_ word: ControlPage.WorkerWord, _ worker: Int, _ subject: UInt32) {
    let published = UInt32(truncatingIfNeeded: ports[worker].events.published)
    notes?.write(word, worker: worker, UInt64(published) << 32 | UInt64(subject))
  }

  /// What the predecessor died over and had told is done; what it had not told is to be told still.
  /// Before anything else is told. Noted no more only once it is done: a sender that dies over it
  /// leaves it to the next, who does it once more to no effect.
  mutating func finishTelling() {
    for worker in 0..<ports.count {
      if let number = told(.withdrawing, worker) { book.leave(number) }
      if told(.answering, worker) == Sender.mark(ports[worker].requests.polled),
        ports[worker].requests.peek(1) == 1
      {
        ports[worker].requests.advance(1)
      }
      notes?.write(.withdrawing, worker: worker, 0)
      notes?.write(.answering, worker: worker, 0)
      let (full, told) = (
        ports[worker].events.full, notes?.read(.eventsLostTold, worker: worker) ?? 0
      )
      // In another ring nothing was lost yet.
      ports[worker].lost = full > told ? UInt32(clamping: full - told) : 0
    }
  }

  /// What was noted, if the ring holds its one event.
  private func told(_ word: ControlPage.WorkerWord, _ worker: Int) -> UInt32? {
    let noted = notes?.read(word, worker: worker) ?? 0
    let published = UInt32(truncatingIfNeeded: ports[worker].events.published)
    guard noted != 0, published &- UInt32(noted >> 32) == 1 else { return nil }
    return UInt32(truncatingIfNeeded: noted)
  }

  /// The place of a request in its ring, from 1.
  private static func mark(_ polled: UInt64) -> UInt32 {
    max(1, UInt32(truncatingIfNeeded: polled &+ 1))
  }
}
