/// What became of orders. One writer, the sender; read after it has stopped.
public struct OrderCounts: Sendable {
  /// New orders polled from the workers.
  public var requested: UInt64 = 0
  /// By `RiskReason`.
  public var riskRejected = InlineArray<64, UInt64>(repeating: 0)
  /// Allowed, but there is no venue; or asked for when the venue took nothing more.
  public var unsent: UInt64 = 0
  public var sent: UInt64 = 0
  public var acked: UInt64 = 0
  public var venueRejected: UInt64 = 0
  /// Orders filled to the last share.
  public var filled: UInt64 = 0
  /// Orders that ended, or are still open, with only a part filled.
  public var partiallyFilled: UInt64 = 0
  public var cancelsSent: UInt64 = 0
  /// Cancels asked for of orders that were done, or being cancelled, already.
  public var cancelsIdle: UInt64 = 0
  public var canceled: UInt64 = 0
  /// Sent, not answered.
  public var inFlight: UInt64 = 0
  /// Accepted and not ended.
  public var open: UInt64 = 0
  /// Cancels that the venue refused, and those that it put off.
  public var cancelsRefused: UInt64 = 0
  public var cancelsPending: UInt64 = 0
  /// Replacements handed to the kernel, confirmed by the venue, and those that came to nothing.
  public var replacesSent: UInt64 = 0
  public var replaced: UInt64 = 0
  public var replacesRefused: UInt64 = 0
  /// Orders of before this process that the venue's replay told of.
  public var adopted: UInt64 = 0
  /// Fills, and breaks of fills, of orders or trades that are not known, and prices that an order's
  /// limit rules out, of fills or of the order itself: positions are in doubt.
  public var strangeFills: UInt64 = 0
  /// Connections lost, and made again.
  public var disconnects: UInt64 = 0
  public var reconnects: UInt64 = 0
  /// Of those lost: the venue had stopped in the middle of telling what there was before.
  public var replaysStalled: UInt64 = 0
  /// Sequenced messages that the venue sent again.
  public var repeatedMessages: UInt64 = 0
  /// Fills that the venue undid.
  public var tradesBroken: UInt64 = 0
  /// Answers of the venue to no order that is out, never acted upon; and orders that it accepted
  /// with another side, quantity or price than was sent, for which its own values count.
  public var anomalies: UInt64 = 0
  /// Messages of a type that we do not know.
  public var unknownMessages: UInt64 = 0
  /// Events that found no room in a worker's event ring; the worker is told how many.
  public var eventsLost: UInt64 = 0

  /// What the venue made of orders, as it was counted before.
  mutating func takeBack(to before: OrderCounts) {
    (filled, partiallyFilled, canceled) = (before.filled, before.partiallyFilled, before.canceled)
    (replaced, replacesRefused) = (before.replaced, before.replacesRefused)
    (cancelsRefused, cancelsPending) = (before.cancelsRefused, before.cancelsPending)
    tradesBroken = before.tradesBroken
  }
}
