/// The command's exit codes: one table for all verbs, repeated in the README.
enum TickwayExit: Int32 {
  case ok = 0
  /// The counts contradict each other, or a bug was caught.
  case inconsistent = 1
  /// A restart in the feed, under the policy `refuse`.
  case restartRefused = 3
  /// A capture in order, without a feed that can be replayed.
  case unknownFeed = 4
  /// A port or a ring that another process has.
  case busy = 5
  case loginRefused = 6
  case alreadyArmed = 7
  /// A check that a resume, or a request to the risk states, must pass did not; or the machine is
  /// unsafe to trade on.
  case checksFailed = 8
  /// No order leaves any more, but the trip is not on disk: a restart would not know of it.
  case shutNotWritten = 9
  /// A kill that could not be carried through: a sender may still send. Or a sender that did not
  /// take what a person asked of it.
  case notConfirmed = 10
  /// The kill switch is tripped.
  case tripped = 11
  /// Nothing of this name was ever heard of: no instance, no order.
  case unknownName = 12
  case usage = 64
  case badData = 65
  case cannotOpenInput = 66
  /// No venue there, no answer from it, or gone in mid-run.
  case venueUnavailable = 69
  case cannotCreateOutput = 73
  case inputOutput = 74
  /// No room: memory, disk or threads.
  case full = 75
  case permission = 77
  case configuration = 78
  case interrupted = 130
  case terminated = 143
}
