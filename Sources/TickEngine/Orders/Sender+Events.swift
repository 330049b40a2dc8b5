import TickRing

/// What the sender tells the workers.
///
/// What the venue's messages say is told once, also where the sender dies over it: before the first
/// event of a message the pool says which worker is told, of which message, and where its ring
/// stands; after the last, that the message is told. A successor, to which the venue repeats all,
/// goes on with the first event that the ring does not hold. Two stores to a line that is there
/// anyway.
///
/// Other events may be told twice or not at all by a death in between: refusals of requests of the
/// last batch, which the successor decides again; orders that did not leave (`unsent`), whose line
/// is free before they are told; changes of the trading state; and that events found no room.
extension Sender {
  /// An event for a worker, or the news that events were lost.
  mutating func tell(_ worker: Int, _ event: OrderEvent) {
    guard tellLost(worker) else { return countLost(worker) }
    publish(worker, event)
  }

  /// Whether the worker knows of all events that found no room.
  private mutating func tellLost(_ worker: Int) -> Bool {
    guard ports[worker].lost > 0 else { return true }
    guard ports[worker].events.publish(.lost(ports[worker].lost)) else { return false }
    ports[worker].lost = 0
    return true
  }

  private mutating func publish(_ worker: Int, _ event: OrderEvent) {
    if !ports[worker].events.publish(event) {
      ports[worker].events.countFull()
      countLost(worker)
    }
  }

  private mutating func countLost(_ worker: Int) {
    ports[worker].lost += 1
    book.counts.eventsLost += 1
  }

  /// What became of an order: to the risk gate, and to its worker.
  ///
  /// - Parameter sequence: of the venue's message that says so; 0: none does.
  mutating func report(_ news: OrderNews, of sequence: UInt64 = 0) {
    account(for: news)
    let isTold = news.isHeard || (options.workersOutlive && !isRepeating)
    guard isTold, news.worker < ports.count, news.event.kind != 0 else { return }
    guard options.workersOutlive, sequence > 0 else {
      tell(news.worker, news.event)
      if let correction = news.correction { tell(news.worker, correction) }
      return
    }
    tellOnce(news, of: sequence)
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
}
