import CLinux
import TickWire

/// Names of sessions that are ours to give.
extension MoldUdp64Session {
  /// A name for a session that starts now: microseconds of the wall clock, to base 36, so that a
  /// publisher that starts anew has another session than before.
  static func startingNow() -> MoldUdp64Session {
    let text = String(clinux_realtime_ns() / 1_000, radix: 36, uppercase: true)
    // Ten digits reach to the year 2085; the last ten still differ after that.
    guard let session = MoldUdp64Session(text.suffix(10)) else {
      preconditionFailure("digits are a name")
    }
    return session
  }

  /// The name with its last character counted up: what a publisher that was started again takes.
  var next: MoldUdp64Session {
    var characters = Array(text.utf8)
    guard let last = characters.popLast() else { return self }
    characters.append(last < 0x7E ? last + 1 : 0x21)
    return MoldUdp64Session(String(decoding: characters, as: UTF8.self)) ?? self
  }
}
