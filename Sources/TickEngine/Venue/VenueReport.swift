/// What a venue that ran alone did, as `--json` prints it: schema `tickway.venue/1`. A field that
/// the schema does not name is an addition that readers may ignore.
public struct VenueReport: Codable, Equatable, Sendable {
  public static let schemaName = "tickway.venue/1"

  public var schema = VenueReport.schemaName
  /// What it was told to do wrong, and what it did.
  public var faults: VenueFaults
  public var faultCounts: VenueFaultCounts
  public var cancelsOnDisconnect: Bool
  public var sessions: Sessions
  public var orders: Orders
  /// In the order of their first logins.
  public var accounts: [VenueStatement]

  enum CodingKeys: String, CodingKey {
    case schema, faults, sessions, orders, accounts
    case faultCounts = "fault_counts"
    case cancelsOnDisconnect = "cancels_on_disconnect"
  }

  public struct Sessions: Codable, Equatable, Sendable {
    public var connections: UInt64
    public var logins: UInt64
    public var loginsRejected: UInt64
    public var logouts: UInt64
    /// Connections that ended otherwise, by whose doing.
    public var closedByPeer: UInt64
    public var closedMalformed: UInt64
    public var closedSlow: UInt64
    public var closedSilent: UInt64
    public var cut: UInt64
    public var replays: UInt64
    public var messagesReplayed: UInt64

    enum CodingKeys: String, CodingKey {
      case connections, logins, logouts, cut, replays
      case loginsRejected = "logins_rejected"
      case closedByPeer = "closed_by_peer"
      case closedMalformed = "closed_malformed"
      case closedSlow = "closed_slow"
      case closedSilent = "closed_silent"
      case messagesReplayed = "messages_replayed"
    }
  }

  /// Of all accounts.
  public struct Orders: Codable, Equatable, Sendable {
    public var received: UInt64
    public var accepted: UInt64
    public var replaced: UInt64
    public var rejected: UInt64
    public var duplicates: UInt64
    public var executions: UInt64
    public var shares: UInt64
    public var cancels: UInt64
    public var sharesCanceled: UInt64

    enum CodingKeys: String, CodingKey {
      case received, accepted, replaced, rejected, duplicates, executions, shares, cancels
      case sharesCanceled = "shares_canceled"
    }
  }

  public init(_ options: VenueOptions, _ counts: VenueCounts, _ accounts: [VenueStatement]) {
    faults = options.faults
    faultCounts = counts.faults
    cancelsOnDisconnect = options.cancelsOnDisconnect
    sessions = Sessions(
      connections: counts.connections, logins: counts.logins,
      loginsRejected: counts.loginsRejected, logouts: counts.logouts,
      closedByPeer: counts.closedByPeer, closedMalformed: counts.closedMalformed,
      closedSlow: counts.closedSlow, closedSilent: counts.closedSilent,
      cut: counts.faults.cuts, replays: counts.replays,
      messagesReplayed: counts.messagesReplayed)
    let matching = counts.matching
    orders = Orders(
      received: matching.ordersReceived, accepted: matching.ordersAccepted,
      replaced: matching.ordersReplaced, rejected: matching.ordersRejected,
      duplicates: matching.duplicatesIgnored, executions: matching.executions,
      shares: matching.sharesExecuted, cancels: matching.cancels,
      sharesCanceled: matching.sharesCanceled)
    self.accounts = accounts
  }
}
