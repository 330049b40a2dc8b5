/// Whether a venue still tells what there was before the login: until it has told all nothing new
/// leaves, so that one which stops in the middle, and beats on, must not be waited for silently.
///
/// Thread: that of its session. Time is given, never read.
struct ReplayWatch: BitwiseCopyable {
  /// As long as silence is no death.
  static let patience_ns = VenueSession.silence_ns
  /// Who has not looked for so long was away, and does not know how long the venue took.
  private static let away_ns: UInt64 = 1_000_000_000

  /// The next message to come, and since when it has been that.
  private var coming: UInt64 = 0
  var since_ns: UInt64 = 0
  private var looked_ns: UInt64 = 0

  /// The venue has been asked to tell all.
  mutating func begin(at coming: UInt64, _ now: UInt64) {
    self = ReplayWatch(coming: coming, since_ns: now, looked_ns: now)
  }

  /// Whether nothing of it has come for longer than the patience. To be asked each turn.
  ///
  /// - Parameter coming: the number of the next message to come, repeated ones included.
  mutating func isStalled(at coming: UInt64, _ now: UInt64) -> Bool {
    let unseen_ns = now &- looked_ns
    looked_ns = now
    if unseen_ns > ReplayWatch.away_ns { since_ns &+= unseen_ns }
    if coming != self.coming { (self.coming, since_ns) = (coming, now) }
    return now > since_ns && now - since_ns > ReplayWatch.patience_ns
  }
}
