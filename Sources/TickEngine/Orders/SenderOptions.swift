import TickMetrics

/// Latencies of the sender's stages.
struct SenderLatency {
  /// Order polled → decided.
  let risk: LatencyHistogram
  /// Decided → handed to the kernel.
  let send: LatencyHistogram
  /// Receive time of the packet → handed to the kernel.
  let tickToOrder: LatencyHistogram
}

/// What a sender does with new orders while bytes wait that the venue does not take.
public enum SlowVenuePolicy: String, Sendable, CaseIterable {
  /// Leaves them in the rings: the strategies feel it, and nothing is refused. For a replay.
  case wait
  /// Refuses them at once, so that none leaves late.
  case refuse
}

/// How a sender deals with its venue.
struct SenderOptions {
  /// How long the sender waits at the end for the venue's answers.
  struct Patience {
    /// While no working order ends, and in all.
    var silent_ns: UInt64 = 3_000_000_000
    var whole_ns: UInt64 = 30_000_000_000
    /// Between two looks for orders that a cancel has not been sent for, or was refused.
    var sweep_ns: UInt64 = 250_000_000
    /// How long a tripped sender that is flat listens still: a venue may break a trade late.
    var linger_ns: UInt64 = 1_000_000_000
  }

  var patience = Patience()
  var slowVenue = SlowVenuePolicy.wait
  /// Bytes that may wait in the kernel before new orders are refused (KS2).
  var unsentBytesMax = 1 << 20
  /// Where a lost connection is made again; nil: nowhere.
  var address: VenueAddress?
  var reconnect = ReconnectPlan()
  /// Whether all that the venue says of the session is ours: then its first message is asked for,
  /// and a fill that cannot be placed trips the kill switch.
  var isWhole = false
  /// Whether workers live on when their sender dies: then its successor tells them what becomes of
  /// orders that they asked its predecessor for, from where that one stopped telling.
  var workersOutlive = false
  /// Which worker is whose.
  var owners = OrderOwners()
  /// Whether the venue's session is another one than orders of a predecessor are out in.
  var isSessionGone = false
  /// What time is taken from; nil: from the decisions, whose times are a capture's.
  var clock: SteadyClock?
}
