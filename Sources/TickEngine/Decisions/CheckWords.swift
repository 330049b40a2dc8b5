import TickWire

/// Limit and value of each check, as text with units.
struct CheckWords {
  let event: DecisionEvent
  let context: DecisionContext

  // MARK: Limits

  /// nil: the check has none to speak of.
  func limit(_ check: RiskCheck) -> String? {
    switch check {
    case .killSwitch: "open"
    case .riskState: "no kill"
    case .tally: "\(event.allowed) allowed"
    case .breaker: isTurned ? "reduces: at most \(max(0, event.room)) shares" : "none"
    case .rate: "\(named("orders_per_second_max")) in 1 s"
    case .fields: "a side and a time in force"
    case .strategy: "1 to \(named("strategies_max"))"
    case .throttle:
      "\(named("repeated_executions_max")) executions in"
        + " \(named("repeated_executions_seconds")) s"
    case .symbol: "in the directory"
    case .referenceData: "has a row"
    case .restricted: "not restricted"
    case .quantity: "1 to \(named("order_quantity_max"))"
    case .price: "0.0001 to \(CheckWords.number(FixedPoint.priceE4Max / 10_000))"
    case .value: named("order_value_max")
    case .volumeKnown: "known"
    case .volume: volumeLimit
    case .board: "readable"
    case .halted: "trading"
    case .reference: "at most \(named("reference_age_max_seconds")) s old, or the day before's"
    case .collar: "\(named(collarName))%"
    case .messages: named("messages_per_day_max")
    case .duplicate: duplicateLimit
    case .halving: "at least 1"
    default: portfolioLimit(check)
    }
  }

  private func portfolioLimit(_ check: RiskCheck) -> String? {
    switch check {
    case .exposure, .amounts, .sums: "can be counted"
    case .marks: "0 without a price"
    case .positionQuantity:
      event.hasReached(.referenceData) ? "\(event.positionMax)" : named("position_quantity_max")
    case .equity: "above 0"
    case .positionValue: share("position_percent", scale: 100, unit: "%")
    case .sector: share("sector_percent", scale: 100, unit: "%")
    case .leverage: share("gross_leverage", scale: 1, unit: "x")
    case .dailyLoss: named("daily_loss_max")
    case .accountCredit: creditLimit
    case .orderAge: "\(named("order_age_max_seconds")) s after what caused it"
    case .orderId: "new"
    case .unwindTurn: "its turn"
    case .openOrders: named("open_orders_max")
    case .shortMarking: "no more of it short than was marked"
    case .session: "steady"
    case .venueSlow: "\(named("unsent_bytes_max")) bytes"
    case .venueQuantity: "\(OrderDialect.quantityMax)"
    case .venuePrice: "one that the venue's protocol can say"
    case .selfMatch: selfMatchLimit
    default: nil
    }
  }

  private var collarName: String {
    event.state == RiskState.warning.rawValue ? "collar_warning_percent" : "collar_percent"
  }

  private var volumeLimit: String {
    let share = "\(named("adv_percent"))%"
    return event.hasReached(.volume) ? "\(share) = \(event.volumeMax) shares" : share
  }

  private var duplicateLimit: String {
    context.limits["duplicate_window_seconds"] == 0
      ? "not looked for" : "none within \(named("duplicate_window_seconds")) s"
  }

  /// A share of the equity, and what that is: rounded down, which is exact for whole 1e-4.
  private func share(_ name: String, scale: Double, unit: String) -> String {
    let text = "\(named(name))\(unit)"
    guard let limit = context.limits[name], event.equityE4 > 0, limit >= 0, limit <= 1e9 else {
      return text
    }
    let tenThousandths = Int128(FixedPoint.units(limit, each: 10_000 / scale))
    let amount = Int128(event.equityE4) * tenThousandths / 10_000
    return "\(text) = \(Notional(tenThousandths: amount))"
  }

  private var creditLimit: String {
    guard event.hasReached(.accountCredit) else { return "what the account's ledger gives" }
    return event.creditE4 < 0 ? "no shared account" : CheckWords.amount(event.creditE4)
  }

  private var selfMatchLimit: String {
    let isBuy = event.side == OrderSide.buy.rawValue
    guard event.hasReached(.selfMatch), event.ownPriceE4 != .max, event.ownPriceE4 != .min else {
      return "none of our own"
    }
    return "\(isBuy ? "below" : "above") \(CheckWords.amount(event.ownPriceE4))"
  }

  /// A limit of the file's, by its name.
  private func named(_ name: String) -> String {
    context.limits[name].map { CheckWords.number($0) } ?? "unknown"
  }

  // MARK: Values

  /// Of a check that was made.
  func value(_ check: RiskCheck) -> String? {
    switch check {
    case .killSwitch: shutWords
    case .riskState: stateWords
    case .tally: "\(event.out) out, \(event.asked) asked for"
    case .breaker: isTurned ? "\(event.quantity)" : CheckWords.name(RiskState.self, event.state)
    case .rate: rateWords
    case .fields: fieldWords
    case .strategy: "\(event.strategy)"
    case .throttle: answer(check, "on", "switched off")
    case .symbol: answer(check, "\(event.instrument)", "not there: \(event.instrument)")
    case .referenceData: answer(check, "there", "none")
    case .restricted: answer(check, "no", "yes")
    case .quantity: "\(event.quantity)"
    case .price: CheckWords.number(event.price)
    case .value: CheckWords.countable(event.orderValueE4)
    case .volumeKnown: answer(check, "known", "unknown")
    case .volume: "\(event.quantity)"
    case .board: answer(check, "read", "not readable")
    case .halted: answer(check, "trading", "halted, or its book is in doubt")
    case .reference: referenceWords
    case .collar: collarWords
    case .messages: "\(event.messages.addingReportingOverflow(1).partialValue)"
    case .duplicate:
      event.duplicateAge_ns == .max
        ? "none" : "the same \(CheckWords.seconds(event.duplicateAge_ns)) s ago"
    case .halving: answer(check, "\(event.allowedQuantity) of \(event.quantity)", "0")
    default: portfolioValue(check)
    }
  }

  private var sectorName: String {
    context.sector(event.sector).map { "\(event.sector) (\($0))" } ?? "\(event.sector)"
  }

  private func portfolioValue(_ check: RiskCheck) -> String? {
    switch check {
    case .exposure: exposureWords
    case .amounts: CheckWords.countable(event.worstValueE4) + uncountableWords
    case .marks: "\(event.unmarked)"
    case .positionQuantity: "\(event.worstSize)"
    case .equity: CheckWords.amount(event.equityE4)
    case .positionValue: part(event.worstValueE4, scale: 100, unit: "%")
    case .sums:
      "sector \(CheckWords.countable(event.sectorE4)), all \(CheckWords.countable(event.grossE4))"
    case .sector: "\(part(event.sectorE4, scale: 100, unit: "%")), sector \(sectorName)"
    case .leverage: part(event.grossE4, scale: 1, unit: "x")
    case .dailyLoss: CheckWords.countable(event.lossE4)
    case .accountCredit: CheckWords.amount(event.grossE4)
    case .orderAge: ageWords
    case .orderId: answer(check, "new", "known already, or no new order")
    case .unwindTurn: answer(check, "its turn, or none are taken", "another's")
    case .openOrders: "\(event.openOrders)"
    case .shortMarking: answer(check, "as it is marked", "more, of a sale marked long")
    case .session:
      "\(CheckWords.name(Sender.Link.self, event.link))"
        + (event.inDoubt > 0 ? ", \(event.inDoubt) in doubt" : "")
    case .venueSlow: slowWords
    case .venueQuantity: "\(event.allowedQuantity)"
    case .venuePrice, .selfMatch: CheckWords.amount(event.priceE4)
    default: nil
    }
  }

  private func answer(_ check: RiskCheck, _ passed: String, _ failed: String) -> String {
    event.refusedBy == check ? failed : passed
  }

  private var ageWords: String {
    guard event.received_ns != 0 else { return "unknown" }
    let (from, to) = (event.received_ns, event.taken_ns)
    return from <= to
      ? "\(CheckWords.seconds(to - from)) s" : "\(CheckWords.seconds(from - to)) s ahead"
  }

  private var isTurned: Bool {
    event.state == RiskState.circuitBreaker.rawValue || event.state == RiskState.coolDown.rawValue
  }

  private var shutWords: String {
    let shut = DecisionShut(rawValue: event.shut)
    var words: [String] = []
    if shut.contains(.page) { words.append("the instance is shut") }
    if shut.contains(.word) { words.append("shut by the operator") }
    if shut.contains(.tripped) { words.append("tripped by the gate") }
    return words.isEmpty ? "open" : words.joined(separator: ", ")
  }

  private var stateWords: String {
    let names = [event.state, event.strategyState, event.instanceState].map {
      CheckWords.name(RiskState.self, $0)
    }
    return "\(names[0]): strategy \(names[1]), instance \(names[2])"
  }

  private var rateWords: String {
    let limit = named("orders_per_second_max")
    return event.rateAge_ns == .max
      ? "fewer than \(limit) before"
      : "\(limit) before: \(CheckWords.seconds(event.rateAge_ns)) s ago"
  }

  private var fieldWords: String {
    let side = CheckWords.name(OrderSide.self, event.side)
    let timeInForce = CheckWords.name(TimeInForce.self, event.timeInForce)
    return "\(side), \(timeInForce)"
  }

  private var referenceWords: String {
    guard let kind = ReferenceKind(rawValue: event.referenceKind) else { return "none" }
    let price = "\(CheckWords.amount(event.referenceE4)), \(kind.name)"
    guard event.referenceTime != 0 else { return price }
    let (now, then) = (event.exchangeTime, event.referenceTime)
    return now >= then
      ? "\(price) of \(CheckWords.seconds(now - then)) s ago"
      : "\(price) of \(CheckWords.seconds(then - now)) s ahead"
  }

  private var collarWords: String {
    let away = Int128(event.priceE4) - Int128(event.referenceE4)
    let ratio = CheckWords.ratio(away.magnitude, of: Int128(event.referenceE4), scale: 100)
    return "\(ratio)% from \(CheckWords.amount(event.referenceE4))"
  }

  private var exposureWords: String {
    if event.decisionFlags.contains(.isBroken) { return "not counted right" }
    let held = "position \(event.position), open \(event.openBuy) bought, \(event.openSell) sold"
    return event.decisionFlags.contains(.isReducing) ? "\(held): only reduces" : held
  }

  private var uncountableWords: String {
    event.uncountable > 0 ? ", \(event.uncountable) instruments beyond counting" : ""
  }

  private var slowWords: String {
    var words = "\(event.unsentBytes) bytes wait here"
    if event.decisionFlags.contains(.isBehind) { words += ", the kernel takes no more" }
    if event.decisionFlags.contains(.isClogged) { words += ", too many wait in the kernel" }
    return words
  }

  /// An amount, and what share of the equity it is.
  private func part(_ valueE4: Int64, scale: Double, unit: String) -> String {
    let ratio = CheckWords.ratio(
      Int128(valueE4).magnitude, of: Int128(event.equityE4), scale: UInt128(scale))
    return "\(valueE4 < 0 ? "-" : "")\(ratio)\(unit) = \(CheckWords.amount(valueE4))"
  }
}

/// Numbers as text.
extension CheckWords {
  static func amount(_ valueE4: Int64) -> String {
    "\(Notional(tenThousandths: Int128(valueE4)))"
  }

  static func countable(_ valueE4: Int64) -> String {
    valueE4 == .max || valueE4 == .min ? "beyond counting" : amount(valueE4)
  }

  /// Without a fraction where there is none.
  static func number(_ value: Double) -> String {
    Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  /// Seconds with nine decimals.
  static func seconds(_ ns: UInt64) -> String {
    let (whole, fraction) = ns.quotientAndRemainder(dividingBy: 1_000_000_000)
    return "\(whole)." + String(fraction + 1_000_000_000).dropFirst()
  }

  /// `part` of `base` with four decimals, rounded up, so that what is above a limit shows it.
  static func ratio(_ part: UInt128, of base: Int128, scale: UInt128) -> String {
    guard base > 0 else { return "?" }
    let base = base.magnitude
    // 128 bits hold 64 of the part and 20 of the factor.
    let (share, rest) = (part * scale * 10_000).quotientAndRemainder(dividingBy: base)
    let (whole, fraction) = (share + (rest > 0 ? 1 : 0)).quotientAndRemainder(dividingBy: 10_000)
    return "\(whole)." + String(fraction + 10_000).dropFirst()
  }

  /// The name of a recorded value; the number itself if this version does not know it.
  static func name<T: RawRepresentable<UInt8>>(_ type: T.Type, _ raw: UInt8) -> String {
    guard let value = T(rawValue: raw) else { return "\(raw)" }
    return (value as? RiskState)?.name ?? "\(value)"
  }
}
