import CLinux
import TickWire

/// The simulated exchange on real TCP: SoupBinTCP 3.00 sessions in front of a `MatchingEngine`.
///
/// - One live session per user name: a second login is refused ('S') as long as the first lives. A
///   client whose old connection is half dead waits until the server has noticed.
/// - Sequenced messages are numbered per account from 1 and kept, so that a login that asks for
///   sequence n gets everything from n on; 0 asks for what is new. A sequence that is forgotten or
///   beyond the next is refused ('S').
/// - The first message of an account is the start of the day; the last, before the end of session,
///   its end. Accounts live as long as the server.
///
/// - Thread safety: `run` belongs to one thread; only `StopFlag` is for others.
/// - Cost: it allocates for connections and streams; it is not part of the measured path.
/// - Failure: the world's errors end one connection and are counted; only start-up throws.
public struct VenueServer: ~Copyable, @unchecked Sendable {
  // Sendable: the objects in it are reachable from nowhere else, so it moves between threads whole.
  public let options: VenueOptions
  /// The port that it listens on.
  public var port: UInt16 { listener.port }
  private let listener: VenueListener
  /// Until then no connection is accepted.
  private var acceptAgain_ns: Int64 = 0
  var engine: MatchingEngine<VenueStreams>
  var accounts: [Account] = []
  var connections: [VenueConnection] = []
  var poll = VenuePoll()
  var counts = VenueCounts()
  var now_ns: Int64 = 0

  /// Before a connection is accepted again after there was no descriptor for one.
  private static let acceptPause_ns: Int64 = 100_000_000

  struct Account {
    let username: FixedText
    var isLive = false
  }

  /// Binds and listens, so that a client may connect as soon as this returns; it is answered once
  /// `run` runs.
  public init(_ options: VenueOptions) throws(VenueError) {
    self.options = options
    listener = try VenueListener(address: options.address, port: options.port)
    engine = MatchingEngine(limits: options.limits, sink: VenueStreams(options.dialect))
    if options.keepsTruth || !options.faults.isNone { engine.sink.truth = VenueTruth() }
  }

  /// Serves until `stop` is requested, then ends every session: what is owed is sent, then the end
  /// of session, within `shutdown_ms`. Returns what was done; the port is free again.
  ///
  /// - Parameter inquiry: answered meanwhile and at the end; needs `keepsTruth`.
  public consuming func run<Market: VenueMarket & ~Copyable>(
    market: consuming Market, stop: StopFlag, inquiry: VenueInquiry? = nil
  ) -> VenueCounts {
    var server = self
    var market = market
    while !stop.isRequested {
      let moved = server.turn(&market)
      inquiry?.answer { server.statements() }
      server.wait(moved: moved)
    }
    server.endSessions()
    inquiry?.end(server.statements())
    return server.currentCounts()
  }

  /// One round: the market, then every connection. Returns whether anything moved.
  private mutating func turn<Market: VenueMarket & ~Copyable>(_ market: inout Market) -> Bool {
    now_ns = Int64(MonotonicClock.now)
    engine.sink.time_ns = NewYorkTime.sinceMidnight_ns(clinux_realtime_ns())
    engine.sink.now_ns = now_ns
    var moved = market.drain(into: &engine, atMost: options.drainMax) > 0
    if poll.isReadable(0) { acceptAll() }
    for index in connections.indices {
      let connection = connections[index]
      // A connection that has just been accepted is not in the poll set yet: try it anyway.
      if index >= poll.connections || poll.isReadable(1 + index) {
        moved = receive(connection, &market) || moved
      }
    }
    for connection in connections {
      keep(connection)
      if !connection.isBlocked || poll.anyWritable {
        moved = send(connection) || moved
      }
    }
    removeClosed()
    if !moved { engine.settle() }
    return moved
  }

  private mutating func send(_ connection: VenueConnection) -> Bool {
    guard connection.state != .closed else { return false }
    if isUnfair { limitUnfairly(connection) }
    let sent = connection.send(from: engine.sink, now_ns: now_ns)
    if connection.isBroken { end(connection, counting: \.closedByPeer) }
    if isUnfair || connection.bytesLeft == 0 { cutUnfairly(connection) }
    finishIfSent(connection)
    return sent > 0
  }

  private mutating func wait(moved: Bool) {
    var timeout: Int32 = 0
    if case .sleep(let milliseconds) = options.wait, !moved {
      timeout = sleep_ms(atMost: milliseconds)
    }
    let accepting = now_ns < acceptAgain_ns ? -1 : listener.descriptor
    poll.wait(
      listener: accepting, connections: connections, timeout_ms: timeout, now_ns: now_ns)
  }

  private mutating func acceptAll() {
    do throws(VenueError) {
      while let socket = try listener.accept() {
        counts.connections += 1
        guard connections.count < options.connections else {
          counts.connectionsRefused += 1
          continue  // closes it
        }
        let connection = VenueConnection(socket: socket, now_ns: now_ns)
        prepare(connection)
        connections.append(connection)
      }
    } catch {
      // The client stays in the kernel's queue, and poll would speak of it without end.
      counts.acceptsFailed += 1
      acceptAgain_ns = now_ns + VenueServer.acceptPause_ns
    }
  }

  private mutating func removeClosed() {
    guard connections.contains(where: { $0.state == .closed }) else { return }
    connections.removeAll { $0.state == .closed }
  }

  private func statements() -> [VenueStatement] {
    var result = engine.sink.truth?.statements(duplicates: engine.duplicatesIgnored) ?? []
    for account in result.indices {
      result[account].nextSequence = engine.sink.streams[account].nextSequence
    }
    return result
  }

  private func currentCounts() -> VenueCounts {
    var result = counts
    result.matching = engine.counts
    result.faults = engine.faultCounts.joined(with: engine.sink.faultCounts)
    result.faults.cuts = counts.closedUnfairly
    for account in accounts.indices {
      result.messagesSequenced += engine.sink.streams[account].nextSequence - 1
      result.messagesForgotten += engine.sink.streams[account].messagesForgotten
    }
    return result
  }

  // MARK: The end

  private mutating func endSessions() {
    now_ns = Int64(MonotonicClock.now)
    let deadline_ns = now_ns + Int64(options.shutdown_ms) * 1_000_000
    for account in accounts.indices {
      engine.sink.emit(systemEvent: Ouch50.eventEndOfDay, to: UInt32(account))
    }
    releaseAll()
    while !connections.isEmpty, now_ns < deadline_ns {
      for connection in connections { sendLast(connection) }
      connections.removeAll { $0.state == .closed }
      poll.wait(listener: -1, connections: connections, timeout_ms: 1, now_ns: now_ns)
      now_ns = Int64(MonotonicClock.now)
    }
    connections = []
  }

  private mutating func sendLast(_ connection: VenueConnection) {
    if let account = connection.account {
      _ = send(connection)
      let isSent = connection.cursor == engine.sink.streams[Int(account)].end
      if isSent, !connection.finishesWhenSent {
        connection.queue { SoupBin.encode(.endOfSession, into: $0) }
        connection.finishesWhenSent = true
        _ = send(connection)
      }
    } else if case .finishing = connection.state {
      discard(connection)
    } else {
      connection.state = .closed
    }
  }
}
