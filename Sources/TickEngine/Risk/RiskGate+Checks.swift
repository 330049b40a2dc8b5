import TickRing

/// The checks of the gate, one stage after the other. Each says whether the order may go on; if
/// not, the decision says why.
extension RiskGate {
  /// RM9, RM13: what no order may be, whatever the market.
  mutating func checkFields(_ order: OrderIntent, _ decision: inout RiskDecision) -> Bool {
    guard OrderSide(rawValue: order.side) != nil, TimeInForce(rawValue: order.timeInForce) != nil,
      order.replacedPriceE4 >= 0
    else { return decision.refuse(.malformed) }
    guard order.strategy > 0, Int(order.strategy) <= throttles.count else {
      return decision.refuse(
        .unknownStrategy, limit: Double(throttles.count), value: Double(order.strategy))
    }
    guard !throttles[Int(order.strategy) - 1].isOff else {
      let limit = throttles[Int(order.strategy) - 1].executionsMax
      return decision.refuse(.throttled, limit: Double(limit), value: Double(limit + 1))
    }
    return true
  }

  /// RM9, RM13: directory and reference data know the symbol, and it is not restricted.
  mutating func checkInstrument(
    _ order: OrderIntent, _ decision: inout RiskDecision
  ) -> ReferenceLine? {
    guard isKnown(order.instrument) else {
      _ = decision.refuse(.unknownSymbol, value: Double(order.instrument))
      return nil
    }
    let line = line(order.instrument)
    guard line.isKnown else {
      _ = decision.refuse(.unknownReference, value: Double(order.instrument))
      return nil
    }
    guard !line.isRestricted else {
      _ = decision.refuse(.restricted, value: Double(order.instrument))
      return nil
    }
    exposure.assign(order.instrument, sector: line.sector)
    return line
  }

  /// RM3, RM9: the order as it was asked for, also where half of it would be sent.
  mutating func checkSize(
    _ order: OrderIntent, _ line: ReferenceLine, _ decision: inout RiskDecision
  ) -> Bool {
    guard order.quantity > 0, order.quantity <= bounds.quantityMax else {
      return decision.refuse(
        .quantity, limit: Double(bounds.quantityMax), value: Double(order.quantity))
    }
    guard let priceE4 = FixedPoint.price(order.price) else {
      return decision.refuse(.price, limit: FixedPoint.priceE4Max / 10_000, value: order.price)
    }
    let (value, overflow) = max(priceE4, order.replacedPriceE4).multipliedReportingOverflow(
      by: Int64(max(order.quantity, order.replacedOpen)))
    guard !overflow, value <= bounds.valueMaxE4 else {
      return decision.refuse(
        .value, limit: Double(bounds.valueMaxE4) / 10_000,
        value: order.price * Double(order.quantity))
    }
    decision.priceE4 = priceE4
    guard line.hasVolume else { return decision.refuse(.noVolume) }
    guard Int64(order.quantity) <= line.quantityMax else {
      return decision.refuse(
        .volume, limit: Double(line.quantityMax), value: Double(order.quantity))
    }
    return true
  }

  /// RM4: the price is near what the market says; nearer in the warning state.
  mutating func checkPrice(
    _ order: OrderIntent, _ line: ReferenceLine, _ state: RiskState, _ now: UInt64,
    _ decision: inout RiskDecision
  ) -> Bool {
    guard let entry = board.read(order.instrument) else { return decision.refuse(.noReference) }
    if entry.isSuspect { return decision.refuse(.halted) }
    let fresh = freshPrice(entry, at: now)
    let reference = fresh ?? line.previousCloseE4
    guard reference > 0 else { return decision.refuse(.noReference) }
    // Both are at most 1e13, so the products fit.
    let away = abs(decision.priceE4 - reference)
    let collar = state == .warning ? bounds.collarWarning : bounds.collar
    guard away * FixedPoint.whole <= reference * collar else {
      return decision.refuse(
        .collar, limit: Double(collar) / 100, value: FixedPoint.percent(away, of: reference))
    }
    decision.referenceE4 = reference
    // What is old values nothing that has been valued since.
    if fresh != nil || exposure.lines[Int(order.instrument)].markE4 == 0 {
      exposure.mark(order.instrument, reference)
    }
    return true
  }

  /// A fresh last eligible trade, else a valid mid that is as fresh, else nothing.
  private mutating func freshPrice(_ entry: BoardEntry, at now: UInt64) -> Int64? {
    if isFresh(entry.lastTime, at: now), let last = FixedPoint.price(entry.lastPrice) {
      return last
    }
    guard isFresh(entry.quoteTime, at: now), let bid = FixedPoint.price(entry.bidPrice),
      let ask = FixedPoint.price(entry.askPrice), bid < ask
    else { return nil }
    return (bid + ask) / 2
  }

  /// A price's time: 0 says that there is none.
  private mutating func isFresh(_ time: UInt64, at now: UInt64) -> Bool {
    guard time != 0 else { return false }
    return now >= time
      ? now - time <= bounds.referenceAge_ns : time - now <= bounds.referenceAhead_ns
  }

  /// RM9: messages of the day, and the same order again.
  mutating func checkRepeats(
    _ order: OrderIntent, _ now: UInt64, _ decision: inout RiskDecision
  ) -> Bool {
    guard messages < bounds.messagesMax else {
      return decision.refuse(
        .messages, limit: Double(bounds.messagesMax), value: Double(messages) + 1)
    }
    if let age_ns = repeated.find(order.details(decision.priceE4), at: now) {
      return decision.refuse(
        .duplicate, limit: Double(bounds.window_ns) / 1e9, value: Double(age_ns) / 1e9)
    }
    return true
  }

  /// RM12: of what is new exposure, half, rounded down.
  mutating func halve(
    _ order: OrderIntent, _ state: RiskState, _ room: Int64, _ decision: inout RiskDecision
  ) -> Bool {
    var quantity = Int64(order.quantity)
    let added = quantity - Int64(order.replacedOpen) - max(0, room)
    if state == .warning, added > 0, !order.isReducing(within: room) {
      quantity = quantity - added + added / 2
    }
    guard quantity > 0 else {
      return decision.refuse(.halvedToZero, limit: 1, value: Double(order.quantity) / 2)
    }
    decision.quantity = UInt32(quantity)
    var sent = order
    sent.quantity = decision.quantity
    decision.isReducing = sent.isReducing(within: room)
    return true
  }

  /// RM1, RM2, RM5 to RM7, of the quantity that would be sent.
  mutating func checkExposure(
    _ order: OrderIntent, _ line: ReferenceLine, _ equityE4: Int64, _ decision: inout RiskDecision
  ) -> Bool {
    let held = exposure.lines[Int(order.instrument)]
    let isBuy = order.side == OrderSide.buy.rawValue
    let added = max(0, Int64(decision.quantity) - Int64(order.replacedOpen))
    let (open, overflow) = (isBuy ? held.openBuy : held.openSell).addingReportingOverflow(added)
    // What is not counted right is neither bounded nor surely reduced.
    guard !exposure.isBroken, !overflow,
      let size = Exposure.size(held.position, open, isBuy: isBuy),
      let worst = Exposure.worst(
        held.position, isBuy ? open : held.openBuy, isBuy ? held.openSell : open)
    else { return decision.refuse(.overflow, limit: Double(Int64.max)) }
    // No overflow: that was seen to when the size was found.
    decision.isShort = !isBuy && held.position - open < 0
    if decision.isReducing { return true }
    let price = max(
      max(decision.priceE4, decision.referenceE4), max(held.markE4, order.replacedPriceE4))
    let (value, valueOverflow) = size.multipliedReportingOverflow(by: price)
    let (worstValue, worstOverflow) = worst.multipliedReportingOverflow(by: price)
    guard exposure.uncountable == 0, !valueOverflow, !worstOverflow else {
      return decision.refuse(.overflow, limit: Double(Int64.max))
    }
    guard exposure.unmarked == 0 else {
      return decision.refuse(.noMark, value: Double(exposure.unmarked))
    }
    guard size <= line.positionMax else {
      return decision.refuse(
        .positionQuantity, limit: Double(line.positionMax), value: Double(size))
    }
    return checkPortfolio(
      value, worstValue - held.valueE4, line.sector, equityE4, &decision)
  }

  /// - Parameters:
  ///   - value: of the order's side in the worst case, 1e-4.
  ///   - change: what the order adds to the worst case of its sector and of all, 1e-4.
  private mutating func checkPortfolio(
    _ value: Int64, _ change: Int64, _ sector: UInt8, _ equityE4: Int64,
    _ decision: inout RiskDecision
  ) -> Bool {
    guard equityE4 > 0 else {
      return decision.refuse(.noEquity, value: Double(equityE4) / 10_000)
    }
    guard FixedPoint.isWithin(value, bounds.position, of: equityE4) else {
      return decision.refuse(
        .positionValue, limit: Double(bounds.position) / 100,
        value: FixedPoint.percent(value, of: equityE4))
    }
    let sectorE4 = exposure.sectorE4(sector) + Int128(change)
    let grossE4 = exposure.grossE4 + Int128(change)
    guard let sectorWhole = Int64(exactly: sectorE4), let grossWhole = Int64(exactly: grossE4)
    else { return decision.refuse(.overflow, limit: Double(Int64.max)) }
    guard FixedPoint.isWithin(sectorWhole, bounds.sector, of: equityE4) else {
      return decision.refuse(
        .sector, limit: Double(bounds.sector) / 100,
        value: FixedPoint.percent(sectorWhole, of: equityE4))
    }
    guard FixedPoint.isWithin(grossWhole, bounds.leverage, of: equityE4) else {
      return decision.refuse(
        .leverage, limit: Double(bounds.leverage) / 10_000,
        value: FixedPoint.percent(grossWhole, of: equityE4) / 100)
    }
    let (loss, overflow) = dayStartE4.subtractingReportingOverflow(equityE4)
    guard !overflow, loss <= bounds.dailyLossMaxE4 else {
      return decision.refuse(
        .dailyLoss, limit: Double(bounds.dailyLossMaxE4) / 10_000, value: Double(loss) / 10_000)
    }
    // The last of all, so that no credit is taken for an order that something else refuses.
    guard hasCredit(grossWhole) else {
      return decision.refuse(
        .accountCredit, limit: Double(grantedE4) / 10_000, value: Double(grossWhole) / 10_000)
    }
    return true
  }
}

extension OrderIntent {
  /// Whether it only reduces, given the shares that may.
  @inline(__always)
  func isReducing(within room: Int64) -> Bool {
    max(0, Int64(quantity) - Int64(replacedOpen)) <= room
  }

  @inline(__always)
  func details(_ priceE4: Int64) -> OrderDetails {
    OrderDetails(
      instrument: instrument, strategy: strategy, side: side, priceE4: priceE4,
      quantity: quantity)
  }
}
