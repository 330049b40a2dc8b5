import TickRing

/// What keeps an instrument from trading: its own halt and the venue's, which end apart.
struct TradingHalt: BitwiseCopyable {
  private var isInstrumentHalted = false
  private var isVenueHalted = false

  var isHalted: Bool { isInstrumentHalted || isVenueHalted }

  /// Follows a status tick of the instrument. A code that is not known is a halt.
  mutating func take(_ code: StatusCode?) {
    switch code {
    case .trading: isInstrumentHalted = false
    case .venueTrading: isVenueHalted = false
    case .venueHalted: isVenueHalted = true
    // Without its quote it trades on.
    case .invalidQuote: break
    default: isInstrumentHalted = true
    }
  }
}
