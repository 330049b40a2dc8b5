/// The built-in venue on a thread of its own.
struct VenueRole: ~Copyable, Role {
  private var server: VenueServer?
  private var market: RingMarket?
  private let stop: StopFlag
  private let inquiry: VenueInquiry?
  private(set) var counts = VenueCounts()

  init(
    _ server: consuming VenueServer, market: consuming RingMarket, stop: StopFlag,
    inquiry: VenueInquiry? = nil
  ) {
    self.inquiry = inquiry
    self.server = .some(consume server)
    self.market = .some(consume market)
    self.stop = stop
  }

  var name: String { "venue" }

  mutating func run() {
    guard let server = server.take(), let market = market.take() else { return }
    counts = server.run(market: market, stop: stop, inquiry: inquiry)
  }
}
