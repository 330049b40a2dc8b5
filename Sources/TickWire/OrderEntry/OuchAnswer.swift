/// OUCH 5.0 in the words of no dialect.
///
/// Hot path: one switch and one check of the length a message; nothing is copied but the fields.
extension Ouch50 {
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
    case .accepted: Accepted(message).flatMap { OrderAnswer($0) }
    case .replaced: Replaced(message).flatMap { OrderAnswer($0) }
    case .executed: Executed(message).flatMap { OrderAnswer($0) }
    case .canceled: Canceled(message).map { OrderAnswer($0) }
    case .canceledSelfMatch: CanceledSelfMatch(message).flatMap { OrderAnswer($0) }
    case .rejected: Rejected(message).map { OrderAnswer($0) }
    case .cancelPending, .cancelReject: CancelAnswer(message).map { OrderAnswer($0) }
    case .brokenTrade: BrokenTrade(message).map { OrderAnswer($0) }
    case .modified: Modified(message).flatMap { OrderAnswer($0) }
    case .restated: Restated(message).map { OrderAnswer($0) }
    case .priorityUpdate: PriorityUpdate(message).flatMap { OrderAnswer($0) }
    case .systemEvent: SystemEvent(message).map { OrderAnswer($0) }
    case .accountQueryResponse: AccountQueryResponse(message).map { OrderAnswer($0) }
    case .massCancelResponse: MassCancelResponse(message).map { OrderAnswer($0) }
    case .disableOrderEntryResponse, .enableOrderEntryResponse:
      EntrySwitchResponse(message).map { OrderAnswer($0) }
    }
  }
}

/// One message each. nil: a side or a price that is none.
extension OrderAnswer {
  @inlinable
  init?(_ accepted: Ouch50.Accepted) {
    self.init(.accepted, userRefNum: accepted.userRefNum, venueTime: accepted.time_ns)
    guard let side = accepted.side, let price = Int64(exactly: accepted.priceE4) else {
      return nil
    }
    self.side = side
    priceE4 = price
    quantity = accepted.quantity
    venueOrder = accepted.orderReference
    isDead = accepted.state == Ouch50.stateDead
  }

  @inlinable
  init?(_ replaced: Ouch50.Replaced) {
    self.init(.replaced, userRefNum: replaced.userRefNum, venueTime: replaced.time_ns)
    guard let side = replaced.side, let price = Int64(exactly: replaced.priceE4) else {
      return nil
    }
    previousUserRefNum = replaced.originalUserRefNum
    self.side = side
    priceE4 = price
    quantity = replaced.quantity
    venueOrder = replaced.orderReference
    isDead = replaced.state == Ouch50.stateDead
  }

  @inlinable
  init?(_ executed: Ouch50.Executed) {
    self.init(.executed, userRefNum: executed.userRefNum, venueTime: executed.time_ns)
    guard let price = Int64(exactly: executed.priceE4) else { return nil }
    priceE4 = price
    quantity = executed.quantity
    match = executed.match
  }

  @inlinable
  init(_ canceled: Ouch50.Canceled) {
    self.init(.canceled, userRefNum: canceled.userRefNum, venueTime: canceled.time_ns)
    quantity = canceled.quantity
    reason = UInt16(canceled.bytes[17])
  }

  @inlinable
  init?(_ canceled: Ouch50.CanceledSelfMatch) {
    self.init(.canceledSelfMatch, userRefNum: canceled.userRefNum, venueTime: canceled.time_ns)
    guard let price = Int64(exactly: canceled.priceE4) else { return nil }
    quantity = canceled.quantity
    reason = UInt16(canceled.bytes[17])
    priceE4 = price
  }

  @inlinable
  init(_ rejected: Ouch50.Rejected) {
    self.init(.rejected, userRefNum: rejected.userRefNum, venueTime: rejected.time_ns)
    reason = rejected.bytes.u16be(13)
  }

  @inlinable
  init(_ answer: Ouch50.CancelAnswer) {
    self.init(
      answer.isReject ? .cancelRejected : .cancelPending, userRefNum: answer.userRefNum,
      venueTime: answer.time_ns)
  }

  @inlinable
  init(_ broken: Ouch50.BrokenTrade) {
    self.init(.broken, userRefNum: broken.userRefNum, venueTime: broken.time_ns)
    match = broken.match
    reason = UInt16(broken.bytes[21])
  }

  @inlinable
  init?(_ modified: Ouch50.Modified) {
    self.init(.modified, userRefNum: modified.userRefNum, venueTime: modified.time_ns)
    guard let side = modified.side else { return nil }
    self.side = side
    quantity = modified.quantity
  }

  @inlinable
  init(_ restated: Ouch50.Restated) {
    self.init(.restated, userRefNum: restated.userRefNum, venueTime: restated.time_ns)
    reason = UInt16(restated.bytes[13])
  }

  @inlinable
  init?(_ update: Ouch50.PriorityUpdate) {
    self.init(.priorityChanged, userRefNum: update.userRefNum, venueTime: update.time_ns)
    guard let price = Int64(exactly: update.priceE4) else { return nil }
    priceE4 = price
    venueOrder = update.orderReference
  }

  @inlinable
  init(_ event: Ouch50.SystemEvent) {
    self.init(.systemEvent, venueTime: event.time_ns)
    reason = UInt16(event.event)
  }

  @inlinable
  init(_ response: Ouch50.AccountQueryResponse) {
    self.init(.accountQueryResponse, venueTime: response.time_ns)
    nextUserRefNum = response.nextUserRefNum
  }

  @inlinable
  init(_ response: Ouch50.MassCancelResponse) {
    self.init(
      .massCancelResponse, userRefNum: response.userRefNum, venueTime: response.time_ns)
  }

  @inlinable
  init(_ response: Ouch50.EntrySwitchResponse) {
    self.init(
      response.direction == .disable ? .entryDisabled : .entryEnabled,
      userRefNum: response.userRefNum, venueTime: response.time_ns)
  }
}
