import TickRing
import TickWire

/// What the sender does when nobody asks for anything any more.
extension Sender {
  mutating func end() throws {
    takeRest()
    // Also when another role has failed: nobody would be left to watch what stays open.
    try drain()
    tellState(MonotonicClock.now)
    if isClean, link == .steady || link == .closed { gate.releaseCredit() }
    kill.withdrawSocket()
    if isShut {
      holdBack()
    } else if handoverCount > 0 {
      // The log-out takes along whatever lies before it.
      withdrawUnsent()
      _ = session?.cut()
    }
    session?.logOut()
    withdrawUnsent()
    tellMetrics()
    if book.count > 0, let name = session?.name ?? options.address?.text {
      let inFlight = book.inFlight
      throw SessionError.unresolved(name, inFlight: inFlight, open: book.count - inFlight)
    }
  }

  /// What nobody will decide any more: the venue takes no bytes, or another role has failed. The
  /// cancels are left to `drain`.
  private mutating func takeRest() {
    for worker in 0..<ports.count { takeRest(of: worker) }
  }

  /// As many as there are now.
  mutating func takeRest(of worker: Int) {
    let found = ports[worker].requests.peek(ports[worker].requests.capacity)
    for _ in 0..<found {
      let request = ports[worker].requests.peeked(0)
      if request.action == OrderAction.new.rawValue {
        book.counts.requested += 1
        book.counts.unsent += 1
        record(request, .undecided, of: worker, taken_ns: MonotonicClock.now)
        answer(worker, .unsent(request, at: MonotonicClock.now))
      }
      ports[worker].requests.advance(1)
    }
  }

  /// Orders of which the kernel took not one byte were never sent. One of which it took a part
  /// stays in doubt.
  mutating func withdrawUnsent() {
    guard let taken = session?.takenEnd else { return }
    let now = MonotonicClock.now
    for index in 0..<handoverCount where handovers[index].start >= taken {
      if let news = book.withdrawal(of: handovers[index].number, at: now) { report(news) }
    }
    handoverCount = 0
  }

  /// Cancels what is open and waits, not for ever, until every order has ended.
  private mutating func drain() throws {
    guard link != .none, link != .closed, book.count > 0 else { return }
    let end = MonotonicClock.now + options.patience.whole_ns
    var deadline = min(end, MonotonicClock.now + options.patience.silent_ns)
    var left = book.count
    nextSweep_ns = 0
    var backoff = Backoff(waitPolicy)
    repeat {
      wantAllCancelled()
      sendCancels()
      beatNowAndThen(isRested: backoff.hasSlept)
      if try turnLink() { backoff.reset() } else { backoff.wait() }
      if book.count < left {
        left = book.count
        deadline = min(end, MonotonicClock.now + options.patience.silent_ns)
      }
    } while book.count > 0 && MonotonicClock.now < deadline && !isHurried
  }
}
