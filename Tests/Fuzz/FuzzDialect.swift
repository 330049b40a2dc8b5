/// What both OUCH dialects say in neutral words, and the messages that only one of them has.
enum FuzzDialect {
  static func read(_ bytes: Bytes) {
    for dialect in OrderDialect.allCases {
      let answer = dialect.decode(bytes)
      let isUnknown: Bool
      let isMalformed: Bool
      switch dialect {
      case .ouch50: (isUnknown, isMalformed) = judge(Ouch50.outbound(bytes))
      case .ouch42: (isUnknown, isMalformed) = judge(Ouch42.outbound(bytes))
      }
      fuzzCheck(isUnknown == (answer.kind == .unknown), "unknown is unknown to both")
      // The other way round: a whole message may hold a side or a price that is none.
      fuzzCheck(!isMalformed || answer.kind == .malformed, "no answer without a whole message")
      fuzzCheck(answer.priceE4 >= 0, "no price is negative")
      fuzzUse(answer.match &+ answer.venueTime &+ answer.venueOrder)
      fuzzUse(answer.userRefNum &+ answer.previousUserRefNum &+ answer.quantity)
    }
  }

  private static func judge<Kind>(_ reading: Ouch50.Reading<Kind>) -> (Bool, Bool) {
    switch reading {
    case .unknown: (true, false)
    case .malformed: (false, true)
    case .message: (false, false)
    }
  }
}

enum FuzzOuchAccount {
  static func read(_ bytes: Bytes) {
    if let cancel = Ouch50.MassCancel(bytes) {
      fuzzUse(cancel.userRefNum)
      fuzzUse(cancel.firm.low &+ (cancel.symbol?.word ?? 0))
      fuzzUse(cancel.appendage.u8(.side) ?? 0)
    }
    if let entry = Ouch50.EntrySwitch(bytes) {
      fuzzUse(entry.userRefNum)
      fuzzUse(entry.firm.low)
      fuzzUse(entry.appendage.u8(.userRefIndex) ?? 0)
    }
    if let query = Ouch50.AccountQuery(bytes) { fuzzUse(query.appendage.u16(.groupId) ?? 0) }
    if let response = Ouch50.MassCancelResponse(bytes) {
      fuzzUse(response.time_ns &+ response.firm.low &+ (response.symbol?.word ?? 0))
      fuzzUse(response.appendage.u8(.side) ?? 0)
    }
    if let response = Ouch50.EntrySwitchResponse(bytes) {
      fuzzUse(response.time_ns &+ response.firm.low)
      fuzzUse(response.appendage.u8(.userRefIndex) ?? 0)
    }
    if let update = Ouch50.PriorityUpdate(bytes) {
      fuzzUse(update.priceE4 &+ update.orderReference)
      fuzzUse(update.appendage.u8(.userRefIndex) ?? 0)
    }
    if let restated = Ouch50.Restated(bytes) {
      fuzzUse(restated.appendage.u64(.displayPrice) ?? 0)
      fuzzUse(restated.reason?.rawValue ?? 0)
    }
    if let canceled = Ouch50.CanceledSelfMatch(bytes) {
      fuzzUse(canceled.strategy ?? canceled.appendage.u8(.userRefIndex) ?? 0)
    }
  }
}

enum FuzzOuch42 {
  static func read(_ bytes: Bytes) {
    readInbound(bytes)
    if let accepted = Ouch42.Accepted(bytes) {
      fuzzUse(accepted.time_ns &+ accepted.symbol.word &+ accepted.orderReference)
      use(accepted.token)
      use(accepted.previousToken)
      fuzzUse(accepted.minimumQuantity)
      fuzzUse(accepted.state &+ accepted.bboWeight)
      fuzzUse(accepted.firm.low)
    }
    if let executed = Ouch42.Executed(bytes) {
      fuzzUse(executed.quantity &+ (executed.referencePriceE4 ?? 0))
      fuzzUse(executed.correctionReason ?? executed.liquidity)
    }
    if let canceled = Ouch42.Canceled(bytes) {
      fuzzUse(canceled.quantity &+ (canceled.priceE4 ?? 0) &+ (canceled.preventedQuantity ?? 0))
    }
    if let update = Ouch42.PriorityUpdate(bytes) { fuzzUse(update.orderReference) }
  }

  private static func readInbound(_ bytes: Bytes) {
    if let order = Ouch42.EnterOrder(bytes) {
      fuzzCheck(Ouch42.inbound(bytes) == .message(.enterOrder), "a view is of whole messages only")
      use(order.token)
      fuzzUse(order.quantity &+ order.priceE4 &+ order.minimumQuantity)
      fuzzUse(order.symbol.word &+ order.firm.low)
      fuzzUse(order.customer &+ order.cross)
    }
    if let replace = Ouch42.ReplaceOrder(bytes) {
      use(replace.originalToken)
      use(replace.token)
      fuzzUse(replace.minimumQuantity)
    }
    if let cancel = Ouch42.CancelOrder(bytes) {
      use(cancel.token)
      fuzzUse(cancel.quantity)
    }
    if let modify = Ouch42.ModifyOrder(bytes) { fuzzUse(modify.quantity) }
  }

  private static func use(_ token: Ouch42.Token?) {
    guard let token else { return }
    withUnsafeTemporaryAllocation(byteCount: Ouch42.Token.length, alignment: 1) { raw in
      raw.initializeMemory(as: UInt8.self, repeating: 0)
      let target = MutableBytes(raw.baseAddress!, count: raw.count)
      token.put(into: target, at: 0)
      fuzzCheck(Ouch42.Token(target.bytes, at: 0) == token, "a token reads back")
    }
    if let origin = OrderOrigin(tag: token.tag) {
      fuzzCheck(origin.tag == token.tag, "an origin reads back")
    }
  }
}
