import TickRing

/// The checks of the gate, one stage after the other. Each says whether the order may go on; if
/// not, the decision says why.
///
/// All are inlined into the judgement: an answer of several words that comes back through memory is
/// read wider than it was written, and waits for the stores; three such waits were a tenth of it.
extension RiskGate {
  /// RM9, RM13: what no order may be, whatever the market.
  @inline(__always)
  mutating func checkFields<E: RiskEvidence>(
    _ order: OrderIntent, _ decision: inout RiskDecision, _ evidence: inout E
  ) -> Bool {
    evidence.at(.fields)
    guard OrderSide(rawValue: order.side) != nil, TimeInForce(rawValue: order.timeInForce) != nil,
      order.replacedPriceE4 >= 0
    else { return decision.refuse(.malformed) }
    evidence.at(.strategy)
    guard order.strategy > 0, Int(order.strategy) <= throttles.count else {
      return decision.refuse(
        .unknownStrategy, limit: Double(throttles.count), value: Double(order.strategy))
    }
    evidence.at(.throttle)
    guard !throttles[Int(order.strategy) - 1].isOff else {
      let limit = throttles[Int(order.strategy) - 1].executionsMax
      return decision.refuse(.throttled, limit: Double(limit), value: Double(limit + 1))
    }
    return true
  }

  /// RM9, RM13: directory and reference data know the symbol, and it is not restricted.
  @inline(__always)
  mutating func checkInstrument<E: RiskEvidence>(
    _ order: OrderIntent, _ decision: inout RiskDecision, _ evidence: inout E
  ) -> ReferenceLine? {
    evidence.at(.symbol)
    guard isKnown(order.instrument) else {
      _ = decision.refuse(.unknownSymbol, value: Double(order.instrument))
      return nil
    }
    evidence.at(.referenceData)
    let line = line(order.instrument)
    evidence.note {
      ($0.volumeMax, $0.positionMax) = (line.quantityMax, line.positionMax)
      $0.sector = line.sector
    }
    guard line.isKnown else {
      _ = decision.refuse(.unknownReference, value: Double(order.instrument))
      return nil
    }
    evidence.at(.restricted)
    guard !line.isRestricted else {
      _ = decision.refuse(.restricted, value: Double(order.instrument))
      return nil
    }
    exposure.assign(order.instrument, sector: line.sector)
    return line
  }

  /// RM3, RM9: the order as it was asked for, also where half of it would be sent.
  @inline(__always)
  mutating func checkSize<E: RiskEvidence>(
    _ order: OrderIntent, _ line: ReferenceLine, _ decision: inout RiskDecision,
    _ evidence: inout E
  ) -> Bool {
    evidence.at(.quantity)
    guard order.quantity > 0, order.quantity <= bounds.quantityMax else {
      return decision.refuse(
        .quantity, limit: Double(bounds.quantityMax), value: Double(order.quantity))
    }
    evidence.at(.price)
    guard let priceE4 = FixedPoint.price(order.price) else {
      return decision.refuse(.price, limit: FixedPoint.priceE4Max / 10_000, value: order.price)
    }
    let (value, overflow) = max(priceE4, order.replacedPriceE4).multipliedReportingOverflow(
      by: Int64(max(order.quantity, order.replacedOpen)))
    evidence.at(.value)
    evidence.note { ($0.priceE4, $0.orderValueE4) = (priceE4, overflow ? .max : value) }
    guard !overflow, value <= bounds.valueMaxE4 else {
      return decision.refuse(
        .value, limit: Double(bounds.valueMaxE4) / 10_000,
        value: overflow ? order.price * Double(order.quantity) : Double(value) / 10_000)
    }
    decision.priceE4 = priceE4
    evidence.at(.volumeKnown)
    guard line.hasVolume else { return decision.refuse(.noVolume) }
    evidence.at(.volume)
    guard Int64(order.quantity) <= line.quantityMax else {
      return decision.refuse(
        .volume, limit: Double(line.quantityMax), value: Double(order.quantity))
    }
    return true
  }

  /// RM4: the price is near what the market says; nearer in the warning state.
  @inline(__always)
  mutating func checkPrice<E: RiskEvidence>(
    _ order: OrderIntent, _ line: ReferenceLine, _ state: RiskState, _ now: UInt64,
    _ decision: inout RiskDecision, _ evidence: inout E
  ) -> Bool {
    evidence.at(.board)
    guard let entry = board.read(order.instrument) else { return decision.refuse(.noReference) }
    evidence.at(.halted)
    if entry.isSuspect { return decision.refuse(.halted) }
    evidence.at(.reference)
    let fresh = freshPrice(entry, at: now, &evidence)
    let reference = fresh ?? line.previousCloseE4
    evidence.note {
      $0.referenceE4 = reference
      if fresh == nil, reference > 0 { $0.referenceKind = ReferenceKind.previousClose.rawValue }
    }
    guard reference > 0 else { return decision.refuse(.noReference) }
    // Both are at most 1e13, so the products fit.
    let away = abs(decision.priceE4 - reference)
    let collar = state == .warning ? bounds.collarWarning : bounds.collar
    evidence.at(.collar)
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
  @inline(__always)
  mutating func freshPrice<E: RiskEvidence>(
    _ entry: BoardEntry, at now: UInt64, _ evidence: inout E
  ) -> Int64? {
    if isFresh(entry.lastTime, at: now), let last = FixedPoint.price(entry.lastPrice) {
      evidence.note {
        ($0.referenceKind, $0.referenceTime) = (ReferenceKind.lastTrade.rawValue, entry.lastTime)
      }
      return last
    }
    guard isFresh(entry.quoteTime, at: now), let mid = mid(entry) else { return nil }
    evidence.note {
      ($0.referenceKind, $0.referenceTime) = (ReferenceKind.mid.rawValue, entry.quoteTime)
    }
    return mid
  }

  /// Of a whole quote, whatever its age.
  @inline(__always)
  func mid(_ entry: BoardEntry) -> Int64? {
    guard entry.quoteTime != 0, let bid = FixedPoint.price(entry.bidPrice),
      let ask = FixedPoint.price(entry.askPrice), bid < ask
    else { return nil }
    return (bid + ask) / 2
  }

  /// A price's time: 0 says that there is none.
  @inline(__always)
  private func isFresh(_ time: UInt64, at now: UInt64) -> Bool {
    guard time != 0 else { return false }
    return now >= time
      ? now - time <= bounds.referenceAge_ns : time - now <= bounds.referenceAhead_ns
  }

  /// RM9: messages of the day, and the same order again.
  @inline(__always)
  mutating func checkRepeats<E: RiskEvidence>(
    _ order: OrderIntent, _ now: UInt64, _ decision: inout RiskDecision, _ evidence: inout E
  ) -> Bool {
    evidence.at(.messages)
    evidence.note { $0.messages = messages }
    guard messages < bounds.messagesMax else {
      return decision.refuse(
        .messages, limit: Double(bounds.messagesMax), value: Double(messages) + 1)
    }
    evidence.at(.duplicate)
    let age_ns = repeated.find(order.details(decision.priceE4), at: now)
    evidence.note { $0.duplicateAge_ns = age_ns ?? .max }
    if let age_ns {
      return decision.refuse(
        .duplicate, limit: Double(bounds.window_ns) / 1e9, value: Double(age_ns) / 1e9)
    }
    return true
  }

  /// RM12: of what is new exposure, half, rounded down.
  @inline(__always)
  mutating func halve<E: RiskEvidence>(
    _ order: OrderIntent, _ state: RiskState, _ room: Int64, _ decision: inout RiskDecision,
    _ evidence: inout E
  ) -> Bool {
    evidence.at(.halving)
    var quantity = Int64(order.quantity)
    // At least 0 before the room is taken off: that may be the largest number.
    let added = max(0, quantity - Int64(order.replacedOpen)) - max(0, room)
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
    let judged = decision
    evidence.note {
      $0.allowedQuantity = judged.quantity
      $0.set(.isReducing, if: judged.isReducing)
    }
    return true
  }

  /// RM1, RM2, RM5 to RM7, of the quantity that would be sent.
  @inline(__always)
  mutating func checkExposure<E: RiskEvidence>(
    _ order: OrderIntent, _ line: ReferenceLine, _ equityE4: Int64,
    _ decision: inout RiskDecision, _ evidence: inout E
  ) -> Bool {
    let held = exposure.lines[Int(order.instrument)]
    evidence.at(.exposure)
    evidence.note {
      ($0.position, $0.markE4) = (held.position, held.markE4)
      ($0.openBuy, $0.openSell) = (held.openBuy, held.openSell)
      $0.set(.isBroken, if: exposure.isBroken)
    }
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
    let isShort = decision.isShort
    evidence.note {
      $0.worstSize = size
      $0.set(.isShort, if: isShort)
    }
    if decision.isReducing { return true }
    let price = max(
      max(decision.priceE4, decision.referenceE4), max(held.markE4, order.replacedPriceE4))
    let (value, valueOverflow) = size.multipliedReportingOverflow(by: price)
    let (worstValue, worstOverflow) = worst.multipliedReportingOverflow(by: price)
    evidence.at(.amounts)
    evidence.note {
      $0.worstValueE4 = valueOverflow ? .max : value
      $0.uncountable = UInt32(truncatingIfNeeded: exposure.uncountable)
      $0.unmarked = UInt32(truncatingIfNeeded: exposure.unmarked)
    }
    guard exposure.uncountable == 0, !valueOverflow, !worstOverflow else {
      return decision.refuse(.overflow, limit: Double(Int64.max))
    }
    evidence.at(.marks)
    guard exposure.unmarked == 0 else {
      return decision.refuse(.noMark, value: Double(exposure.unmarked))
    }
    evidence.at(.positionQuantity)
    guard size <= line.positionMax else {
      return decision.refuse(
        .positionQuantity, limit: Double(line.positionMax), value: Double(size))
    }
    return checkPortfolio(
      value, worstValue - held.valueE4, line.sector, equityE4, &decision, &evidence)
  }

  /// - Parameters:
  ///   - value: of the order's side in the worst case, 1e-4.
  ///   - change: what the order adds to the worst case of its sector and of all, 1e-4.
  @inline(__always)
  private mutating func checkPortfolio<E: RiskEvidence>(
    _ value: Int64, _ change: Int64, _ sector: UInt8, _ equityE4: Int64,
    _ decision: inout RiskDecision, _ evidence: inout E
  ) -> Bool {
    evidence.at(.equity)
    guard equityE4 > 0 else {
      return decision.refuse(.noEquity, value: Double(equityE4) / 10_000)
    }
    evidence.at(.positionValue)
    guard FixedPoint.isWithin(value, bounds.position, of: equityE4) else {
      return decision.refuse(
        .positionValue, limit: Double(bounds.position) / 100,
        value: FixedPoint.percent(value, of: equityE4))
    }
    let sectorE4 = exposure.sectorE4(sector) + Int128(change)
    let grossE4 = exposure.grossE4 + Int128(change)
    evidence.at(.sums)
    evidence.note {
      ($0.sectorE4, $0.grossE4) = (Int64(clamping: sectorE4), Int64(clamping: grossE4))
    }
    guard let sectorWhole = Int64(exactly: sectorE4), let grossWhole = Int64(exactly: grossE4)
    else { return decision.refuse(.overflow, limit: Double(Int64.max)) }
    evidence.at(.sector)
    guard FixedPoint.isWithin(sectorWhole, bounds.sector, of: equityE4) else {
      return decision.refuse(
        .sector, limit: Double(bounds.sector) / 100,
        value: FixedPoint.percent(sectorWhole, of: equityE4))
    }
    evidence.at(.leverage)
    guard FixedPoint.isWithin(grossWhole, bounds.leverage, of: equityE4) else {
      return decision.refuse(
        .leverage, limit: Double(bounds.leverage) / 10_000,
        value: FixedPoint.percent(grossWhole, of: equityE4) / 100)
    }
    let (loss, overflow) = dayStartE4.subtractingReportingOverflow(equityE4)
    evidence.at(.dailyLoss)
    evidence.note { $0.lossE4 = overflow ? .max : loss }
    guard !overflow, loss <= bounds.dailyLossMaxE4 else {
      return decision.refuse(
        .dailyLoss, limit: Double(bounds.dailyLossMaxE4) / 10_000, value: Double(loss) / 10_000)
    }
    // The last of all, so that no credit is taken for an order that something else refuses.
    evidence.at(.accountCredit)
    let isCovered = hasCredit(grossWhole)
    evidence.note { $0.creditE4 = credit == nil ? -1 : grantedE4 }
    guard isCovered else {
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
