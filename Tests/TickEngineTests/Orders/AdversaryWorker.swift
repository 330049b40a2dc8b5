import TickRing

@testable import TickEngine

/// A worker's side of a round: asks at random, and keeps books by what it is told.
final class AdversaryWorker {
  struct Fill: Equatable {
    var quantity: UInt32
    var priceE4: Int64
    var isBuy: Bool
    var isBroken = false
  }

  private var requests: OrderProducer
  private var events: EventConsumer
  private var random: SeededRandom
  private var nextId: UInt64 = 1
  /// Orders that have not ended, by id, and shares of each that are open or were asked for.
  private(set) var out: [UInt64: UInt32] = [:]
  private(set) var asked = 0
  /// By match.
  private(set) var fills: [UInt64: Fill] = [:]
  private(set) var complaints: [String] = []

  static let strategies: UInt8 = 2

  init(_ requests: consuming OrderProducer, _ events: consuming EventConsumer, seed: UInt64) {
    self.requests = requests
    self.events = events
    random = SeededRandom(seed: seed)
  }

  // MARK: Asking

  func ask() {
    switch random.below(20) {
    case 0...11: order()
    case 12, 13: target(.cancel)
    case 14...16: target(.replace)
    case 17: publish(request(.cancelStrategy))
    case 18: publish(request(.cancelSymbol))
    default: if random.below(3) == 0 { cancelAll() }
    }
  }

  func cancelAll() { publish(request(.cancelAll)) }

  private func request(_ action: OrderAction) -> OrderRequest {
    var request = OrderRequest()
    request.order_id = 1 << 32
    request.action = action.rawValue
    request.decision_time = GateBench.start
    request.strategy = UInt8(random.within(1...Int(AdversaryWorker.strategies)))
    request.quantity = UInt32(random.within(1...300))
    let isBuy = random.once(in: 2)
    request.side = (isBuy ? OrderSide.buy : .sell).rawValue
    // Mostly such as do not reach each other, for the gate refuses those.
    request.price = 100 + Double((isBuy ? -1 : 1) * random.within(-1...12)) / 10
    return request
  }

  private func order() {
    var request = request(.new)
    request.order_id = 1 << 32 | nextId
    nextId += 1
    let kinds: [TimeInForce] = [.day, .day, .day, .ioc, .fok]
    request.time_in_force = kinds[random.below(kinds.count)].rawValue
    guard publish(request) else { return }
    asked += 1
    out[request.order_id] = request.quantity
  }

  private func target(_ action: OrderAction) {
    guard nextId > 1 else { return }
    var request = request(action)
    request.target_id = 1 << 32 | UInt64(random.within(1...Int(nextId - 1)))
    request.order_id = request.target_id
    publish(request)
  }

  @discardableResult
  private func publish(_ request: OrderRequest) -> Bool { requests.publish(request) }

  // MARK: Hearing

  func hear() {
    var event = OrderEvent.none
    while events.poll(&event) { take(event) }
  }

  private func take(_ event: OrderEvent) {
    let id = event.order_id
    if event.eventKind == .state || event.eventKind == .lost {
      if event.eventKind == .lost { complaints.append("events were lost") }
      return
    }
    if event.eventKind == .tradeBroken { return undo(event) }
    guard let open = out[id] else {
      // A replacement that came too late, or is refused, is no news of an order.
      if event.eventKind != .cancelReject {
        complaints.append("\(event.kind) of \(id), which ended")
      }
      return
    }
    switch event.eventKind {
    case .riskReject, .venueReject, .unsent: out[id] = nil
    case .ack, .replaced, .restated: leave(id, event.openQuantity)
    case .canceled:
      if event.openQuantity + event.quantity != open { complaints.append("a cancel of \(id)") }
      leave(id, event.openQuantity)
    case .fill: fill(event, open)
    case .cancelReject, .state, .lost, .tradeBroken: break
    case nil: complaints.append("an event of no kind")
    }
  }

  private func leave(_ id: UInt64, _ open: UInt32) { out[id] = open == 0 ? nil : open }

  private func fill(_ event: OrderEvent, _ open: UInt32) {
    if fills[event.match_id] != nil { complaints.append("fill \(event.match_id) again") }
    if event.openQuantity + event.quantity != open {
      complaints.append("a fill of \(event.order_id)")
    }
    fills[event.match_id] = Fill(
      quantity: event.quantity, priceE4: Int64((event.price * 10_000).rounded()),
      isBuy: event.orderSide == .buy)
    leave(event.order_id, event.openQuantity)
  }

  private func undo(_ event: OrderEvent) {
    guard let fill = fills[event.match_id], !fill.isBroken, fill.quantity == event.quantity else {
      return complaints.append("a break of \(event.match_id)")
    }
    fills[event.match_id]?.isBroken = true
  }

  // MARK: What it has

  var shares: Int64 {
    fills.values.reduce(0) { $0 + ($1.isBroken ? 0 : $1.isBuy ? 1 : -1) * Int64($1.quantity) }
  }

  /// What of it the venue's truth contradicts.
  func contradictions(_ truth: VenueStatement) -> [String] {
    var result = complaints
    for fill in truth.fills {
      let mine = fills[fill.match]
      if mine?.quantity != fill.quantity || mine?.priceE4 != Int64(fill.priceE4)
        || mine?.isBroken != fill.isBroken
      {
        result.append("fill \(fill) is \(mine as Any)")
      }
    }
    if fills.count != truth.fills.count { result.append("\(fills.count) fills") }
    let cashE4 = fills.values.reduce(Int64(0)) {
      $0 + ($1.isBroken ? 0 : $1.isBuy ? -1 : 1) * Int64($1.quantity) * $1.priceE4
    }
    if shares != truth.shares(of: "TEST") { result.append("shares \(shares)") }
    if cashE4 != truth.cashE4 { result.append("cash \(cashE4), not \(truth.cashE4)") }
    if !out.isEmpty { result.append("not ended: \(out)") }
    return result
  }
}
