import CTickRing

/// A file that shrinks under its readers raises SIGBUS in them. A guarded region is replaced by
/// zeros of the process's own instead, and is lost from then on: what is read from it is zeros, and
/// what is written reaches nobody. The guard ends with the attachment, or with the endpoint that
/// was made of it.
extension Region {
  /// Guards this attachment. The first guard installs the process's handler of SIGBUS, which passes
  /// on what is in no guarded region. Throws `.full` if 64 are guarded already.
  public borrowing func guardAgainstTruncation() throws(RingError) {
    var region = raw
    var code = tickring_guard_install()
    if code == 0 { code = tickring_guard(&region) }
    guard code == 0 else { throw RingError(code: code, path: path) }
  }

  /// Whether the file of a guarded region was truncated. Not for the hot path.
  public var isLost: Bool { TickRing.isLost(raw) }
}

/// The guard knows a region by its addresses.
private func isLost(_ region: tickring_region) -> Bool {
  var region = region
  return tickring_is_lost(&region)
}

extension TickProducer {
  /// Whether its region, guarded before it was claimed, was truncated.
  public var isLost: Bool { TickRing.isLost(raw.region) }
}

extension SharedLines {
  public var isLost: Bool { region.isLost }
}

extension TickConsumer {
  public var isLost: Bool { TickRing.isLost(raw.region) }
}

extension RecordProducer {
  public var isLost: Bool { TickRing.isLost(raw.region) }
}

extension RecordConsumer {
  public var isLost: Bool { TickRing.isLost(raw.region) }
}

extension BroadcastWriter {
  public var isLost: Bool { TickRing.isLost(raw.region) }
}

extension BroadcastObserver {
  public var isLost: Bool { TickRing.isLost(raw.region) }
}
