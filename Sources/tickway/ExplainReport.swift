import TickEngine

/// Decisions as JSON: schema `tickway.explain/1`.
struct ExplainReport: Encodable {
  struct Check: Encodable {
    let check: String
    let verdict: String
    let limit: String?
    let value: String?
  }

  struct Decision: Encodable {
    let number: UInt64
    let order_id: UInt64
    let client_order_id: String
    let order: String
    let symbol: String?
    let strategy: UInt8
    let worker: UInt8
    let action: String
    let side: String
    let time_in_force: String
    let quantity: UInt32
    /// nil: a price that JSON cannot hold.
    let price: Double?
    let exchange_time_ns: UInt64
    let received_ns: UInt64
    let taken_ns: UInt64
    let outcome: String
    let reason: String?
    let deciding_check: String?
    let limit: Double?
    let value: Double?
    let quantity_allowed: UInt32
    let values: Values
    let checks: [Check]
  }

  /// What the checks looked at, as recorded; what none came to is 0.
  struct Values: Encodable {
    let state: String
    let strategy_state: String
    let instance_state: String
    let equity: Notional
    let day_loss: Notional
    let reference: Notional
    let reference_time_ns: UInt64
    let position: Int64
    let open_buy: Int64
    let open_sell: Int64
    let mark: Notional
    let worst_size: Int64
    let worst_value: Notional
    let sector: UInt8
    /// nil: not known.
    let sector_name: String?
    let sector_value: Notional
    let gross: Notional
    let order_value: Notional
    let volume_max: Int64
    let position_max: Int64
    let room: Int64
    /// Of the day before this one; nil: the check was not made.
    let messages: Int64?
    /// nil: fewer orders than the limit came before, or the check was not made.
    let rate_age_ns: UInt64?
    /// nil: there was no such order, or the check was not made.
    let duplicate_age_ns: UInt64?
    let open_orders: UInt32
    let in_doubt: UInt32
    let unsent_bytes: UInt64
    let orders_asked: UInt64
    let orders_allowed: UInt64
    let orders_out: UInt64
  }

  let schema = "tickway.explain/1"
  let file: String
  let end: String
  let recorded: UInt64
  let lost: UInt64
  let matched: Int
  let outcomes: [String: UInt64]
  let rejected: [String: UInt64]
  let limits: [String: Double]
  let config: [String: String]
  let decisions: [Decision]

  init(_ file: String, _ search: DecisionSearch) {
    self.file = file
    end =
      switch search.end {
      case .whole: "whole"
      case .cut: "cut"
      case .damaged(let offset): "damaged at byte \(offset)"
      }
    (recorded, lost, matched) = (search.recorded, search.lost, search.matched)
    outcomes = Dictionary(uniqueKeysWithValues: search.outcomes.map { ($0.key.name, $0.value) })
    rejected = Dictionary(uniqueKeysWithValues: search.reasons.map { ($0.key.name, $0.value) })
    (limits, config) = (search.context.limits, search.context.config)
    decisions = search.found.map { Decision(Explanation($0, search.context), search.context) }
  }
}

extension ExplainReport.Decision {
  init(_ explanation: Explanation, _ context: DecisionContext) {
    let decision = explanation.decision
    let event = decision.event
    number = event.number
    order_id = event.orderId
    client_order_id = decision.clientOrderId
    order = decision.orderNames[1]
    symbol = decision.symbol?.text
    (strategy, worker) = (event.strategy, event.worker)
    action = event.decisionFlags.contains(.isReplacement) ? "replace" : "new"
    side = OrderSide(rawValue: event.side).map { "\($0)" } ?? "\(event.side)"
    time_in_force = TimeInForce(rawValue: event.timeInForce).map { "\($0)" } ?? "unknown"
    (quantity, quantity_allowed) = (event.quantity, event.allowedQuantity)
    price = event.price.isFinite ? event.price : nil
    (exchange_time_ns, received_ns) = (event.exchangeTime, event.received_ns)
    taken_ns = event.taken_ns
    outcome = event.decisionOutcome?.name ?? "\(event.outcome)"
    reason = event.riskReason?.name
    deciding_check = explanation.deciding?.check.name
    limit = event.limit.isFinite ? event.limit : nil
    value = event.value.isFinite ? event.value : nil
    values = ExplainReport.Values(event, context)
    checks = explanation.lines.map {
      ExplainReport.Check(
        check: $0.check.name, verdict: $0.verdict.rawValue, limit: $0.limit, value: $0.value)
    }
  }
}

extension ExplainReport.Values {
  init(_ event: DecisionEvent, _ context: DecisionContext) {
    func name(_ raw: UInt8) -> String { RiskState(rawValue: raw)?.name ?? "\(raw)" }
    func made(_ check: RiskCheck, _ age_ns: UInt64) -> UInt64? {
      event.hasReached(check) && age_ns != .max ? age_ns : nil
    }
    (state, strategy_state) = (name(event.state), name(event.strategyState))
    instance_state = name(event.instanceState)
    (equity, day_loss) = (Notional(e4: event.equityE4), Notional(e4: event.lossE4))
    reference = Notional(e4: event.referenceE4)
    reference_time_ns = event.referenceTime
    position = event.position
    (open_buy, open_sell) = (event.openBuy, event.openSell)
    mark = Notional(e4: event.markE4)
    (worst_size, worst_value) = (event.worstSize, Notional(e4: event.worstValueE4))
    (sector, sector_value) = (event.sector, Notional(e4: event.sectorE4))
    sector_name = context.sector(event.sector)
    (gross, order_value) = (Notional(e4: event.grossE4), Notional(e4: event.orderValueE4))
    (volume_max, position_max, room) = (event.volumeMax, event.positionMax, event.room)
    messages = event.hasReached(.messages) ? event.messages : nil
    rate_age_ns = made(.rate, event.rateAge_ns)
    duplicate_age_ns = made(.duplicate, event.duplicateAge_ns)
    (open_orders, in_doubt) = (event.openOrders, event.inDoubt)
    unsent_bytes = event.unsentBytes
    (orders_asked, orders_allowed) = (event.asked, event.allowed)
    orders_out = event.out
  }
}
