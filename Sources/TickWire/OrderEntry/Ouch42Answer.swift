/// OUCH 4.2 in the words of no dialect.
///
/// Hot path: one switch and one check of the length a message; nothing is copied but the fields.
extension Ouch42 {
  @inlinable
  static func answer(_ message: Bytes) -> OrderAnswer {
    guard message.count > 0 else { return .unread(.malformed, 0) }
    guard let type = OutboundType(rawValue: message[0]) else {
      return .unread(.unknown, message[0])
    }
    return answer(type, message) ?? .unread(.malformed, message[0])
  }

  @inlinable
  static func answer(_ type: OutboundType, _ message: Bytes) -> OrderAnswer? {
    switch type {
    case .accepted, .replaced: Accepted(message).flatMap { OrderAnswer($0) }
    case .executed, .executedWithReference, .tradeCorrection:
      Executed(message).map { OrderAnswer($0) }
    case .canceled, .canceledSelfMatch: Canceled(message).map { OrderAnswer($0) }
    case .rejected: Rejected(message).map { OrderAnswer($0) }
    case .cancelPending, .cancelReject: CancelAnswer(message).map { OrderAnswer($0) }
    case .brokenTrade: BrokenTrade(message).map { OrderAnswer($0) }
    case .modified: Modified(message).flatMap { OrderAnswer($0) }
    case .priorityUpdate: PriorityUpdate(message).map { OrderAnswer($0) }
    case .systemEvent: SystemEvent(message).map { OrderAnswer($0) }
    }
  }
}

/// One message each. nil: a side that is none.
extension OrderAnswer {
  @inlinable
  init(_ kind: Kind, token: Ouch42.Token?, venueTime: UInt64) {
    self.init(kind, userRefNum: token?.userRefNum ?? 0, venueTime: venueTime)
  }

  @inlinable
  init?(_ accepted: Ouch42.Accepted) {
    self.init(
      accepted.isReplacement ? .replaced : .accepted, token: accepted.token,
      venueTime: accepted.time_ns)
    guard let side = accepted.side else { return nil }
    previousUserRefNum = accepted.previousToken?.userRefNum ?? 0
    self.side = side
    priceE4 = Int64(accepted.priceE4)
    quantity = accepted.quantity
    venueOrder = accepted.orderReference
    isDead = accepted.state == Ouch50.stateDead
  }

  @inlinable
  init(_ executed: Ouch42.Executed) {
    self.init(
      executed.isCorrection ? .corrected : .executed, token: executed.token,
      venueTime: executed.time_ns)
    priceE4 = Int64(executed.priceE4)
    quantity = executed.quantity
    match = executed.match
    reason = UInt16(executed.correctionReason ?? 0)
  }

  @inlinable
  init(_ canceled: Ouch42.Canceled) {
    self.init(
      canceled.isSelfMatch ? .canceledSelfMatch : .canceled, token: canceled.token,
      venueTime: canceled.time_ns)
    quantity = canceled.quantity
    reason = UInt16(canceled.reason)
    priceE4 = Int64(canceled.priceE4 ?? 0)
  }

  @inlinable
  init(_ rejected: Ouch42.Rejected) {
    self.init(.rejected, token: rejected.token, venueTime: rejected.time_ns)
    reason = UInt16(rejected.bytes[23])
  }

  @inlinable
  init(_ answer: Ouch42.CancelAnswer) {
    self.init(
      answer.isReject ? .cancelRejected : .cancelPending, token: answer.token,
      venueTime: answer.time_ns)
  }

  @inlinable
  init(_ broken: Ouch42.BrokenTrade) {
    self.init(.broken, token: broken.token, venueTime: broken.time_ns)
    match = broken.match
    reason = UInt16(broken.reason)
  }

  @inlinable
  init?(_ modified: Ouch42.Modified) {
    self.init(.modified, token: modified.token, venueTime: modified.time_ns)
    guard let side = modified.side else { return nil }
    self.side = side
    quantity = modified.quantity
  }

  @inlinable
  init(_ update: Ouch42.PriorityUpdate) {
    self.init(.priorityChanged, token: update.token, venueTime: update.time_ns)
    priceE4 = Int64(update.priceE4)
    venueOrder = update.orderReference
  }

  @inlinable
  init(_ event: Ouch42.SystemEvent) {
    self.init(.systemEvent, venueTime: event.time_ns)
    reason = UInt16(event.event)
  }
}
