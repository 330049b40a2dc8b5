import Glibc
import Synchronization

/// What the venue knows of one account. For every order: `quantity` = `open` + `executed` +
/// `broken` + `withdrawn`.
public struct VenueStatement: Codable, Equatable, Sendable {
  public var username: String
  /// Symbols that had a fill, by name.
  public var positions: [Position] = []
  /// Of all symbols: what sales brought less what purchases cost, in units of 0.0001.
  public var cashE4: Int64 = 0
  /// Every number that was taken, rising; refused ones too.
  public var orders: [Order] = []
  /// Rising by match. Not in the JSON.
  public var fills: [Fill] = []
  /// The sequence that the account's next message will have: what a client has come to that has
  /// read everything.
  public var nextSequence: UInt64 = 0
  /// Requests whose number was not above the last: ignored, as OUCH says.
  public var duplicates: UInt64 = 0
  /// Fills whose value did not fit: the cash is wrong unless it is 0.
  public var cashOverflows: UInt64 = 0

  init(username: String) { self.username = username }

  public var ordersOpen: Int { orders.count { $0.open > 0 } }

  /// Net shares; 0 for a symbol without a fill.
  public func shares(of symbol: String) -> Int64 {
    positions.first { $0.symbol == symbol }?.shares ?? 0
  }

  enum CodingKeys: String, CodingKey {
    case username, positions, orders, duplicates
    case cashE4 = "cash_e4"
    case nextSequence = "next_sequence"
    case cashOverflows = "cash_overflows"
  }

  public struct Position: Codable, Equatable, Sendable {
    public var symbol: String
    /// Net: bought less sold, fills that were broken not counted.
    public var shares: Int64
    /// In units of 0.0001; negative: spent.
    public var cashE4: Int64

    enum CodingKeys: String, CodingKey {
      case symbol, shares
      case cashE4 = "cash_e4"
    }
  }

  public struct Order: Codable, Equatable, Sendable {
    public var userRefNum: UInt32
    /// Blank, as the side is, where the order was refused.
    public var symbol = ""
    /// `B`, `S`, `T` or `E`, as it was entered.
    public var side = ""
    /// Shares. Those open now, executed (and not broken), executed and broken, and those that will
    /// not be executed: cancelled, modified away, or given up for a replacement.
    public var quantity: UInt32 = 0
    public var open: UInt32 = 0
    public var executed: UInt32 = 0
    public var broken: UInt32 = 0
    public var withdrawn: UInt32 = 0
    public var isRejected = false

    init(userRefNum: UInt32) { self.userRefNum = userRefNum }

    enum CodingKeys: String, CodingKey {
      case symbol, side, quantity, open, executed, broken, withdrawn
      case userRefNum = "user_ref_num"
      case isRejected = "rejected"
    }
  }

  public struct Fill: Codable, Equatable, Sendable {
    public var userRefNum: UInt32
    public var match: UInt64
    public var quantity: UInt32
    public var priceE4: UInt64
    public var isBroken = false
  }
}

/// Asks a running venue for its truth, and has it still when the venue has ended.
///
/// - Thread safety: any thread may ask; the venue's thread answers between two rounds. One inquiry
///   belongs to one run of one venue.
public final class VenueInquiry: Sendable {
  private struct State {
    var asked: UInt64 = 0
    var answered: UInt64 = 0
    var hasEnded = false
    var statements: [VenueStatement] = []
  }

  private let isAsked = Atomic<Bool>(false)
  private let state = Mutex(State())

  public init() {}

  /// Every account's statement, in the order of their first logins, as of a moment after the call.
  /// Waits for the venue; nil if it has not answered within the limit.
  public func statements(within_ms: Int = 5_000) -> [VenueStatement]? {
    let number = state.withLock {
      $0.asked += 1
      return $0.asked
    }
    isAsked.store(true, ordering: .releasing)
    let end_ns = MonotonicClock.now + UInt64(within_ms) * 1_000_000
    while MonotonicClock.now < end_ns {
      let answer = state.withLock { $0.hasEnded || $0.answered >= number ? $0.statements : nil }
      if let answer { return answer }
      usleep(100)
    }
    return nil
  }

  /// The statement of one account; nil if it never logged in, or there was no answer.
  public func statement(of username: String, within_ms: Int = 5_000) -> VenueStatement? {
    statements(within_ms: within_ms)?.first { $0.username == username }
  }

  /// For the venue: answers whoever has asked before this call.
  func answer(_ make: () -> [VenueStatement]) {
    guard isAsked.load(ordering: .relaxed),
      isAsked.exchange(false, ordering: .acquiringAndReleasing)
    else { return }
    let asked = state.withLock { $0.asked }
    let statements = make()
    state.withLock {
      $0.statements = statements
      $0.answered = asked
    }
  }

  /// For the venue: its last word.
  func end(_ statements: [VenueStatement]) {
    state.withLock {
      $0.statements = statements
      $0.hasEnded = true
    }
  }
}
