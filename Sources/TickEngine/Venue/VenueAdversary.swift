import Glibc
import TickWire

// How the server is unfair on the wire. Every function here is behind `isUnfair`, which is false
// in a venue that is not to be.
extension VenueServer {
  var isUnfair: Bool { !engine.sink.wire.isEmpty }

  /// A new account's faults, and its place in the truth.
  mutating func prepare(_ username: FixedText, _ account: UInt32) {
    engine.sink.truth?.add(username)
    guard !options.faults.isNone else { return }
    engine.inject(options.faults, into: account, name: username)
    engine.sink.wire.append(WireFaults(options.faults, account: username))
  }

  /// A new connection's faults.
  func prepare(_ connection: VenueConnection) {
    if let cut = options.faults.cutAt, counts.connections <= cut.connections {
      connection.bytesLeft = cut.bytes
    }
    if let rate_Bps = options.faults.slowReads_Bps {
      connection.socket.set(
        SOL_SOCKET, SO_RCVBUF, to: VenueFaults.slowReceiveBuffer)
      connection.slowReads = SlowReads(rate_Bps: rate_Bps, now_ns: now_ns)
    }
  }

  /// One request, which may end its connection before it is processed or before it is answered.
  mutating func takeUnfairly<Market: VenueMarket & ~Copyable>(
    message: Bytes, _ connection: VenueConnection, from account: UInt32, _ market: inout Market
  ) {
    let cut = engine.sink.wire[Int(account)].requestCut()
    if cut == .beforeProcessing {
      engine.sink.faultCounts.cutsBeforeProcessing += 1
      return endUnfairly(connection)
    }
    take(message: message, from: account, &market)
    engine.afterRequest(of: account)
    if cut == .beforeAnswering { endUnfairly(connection) }
  }

  mutating func endUnfairly(_ connection: VenueConnection) {
    end(connection, counting: \.closedUnfairly)
  }

  /// Says to a connection, before it sends, how far it may.
  mutating func limitUnfairly(_ connection: VenueConnection) {
    guard let account = connection.account,
      let position = engine.sink.streams[Int(account)].position(of: connection.cursor)
    else { return }
    engine.sink.wire[Int(account)].release(until: now_ns)
    connection.streamEnd = engine.sink.wire[Int(account)].limit(from: position)
  }

  /// Ends a connection that has sent as much as it is to.
  mutating func cutUnfairly(_ connection: VenueConnection) {
    if connection.bytesLeft == 0 { return endUnfairly(connection) }
    guard let account = connection.account,
      let position = engine.sink.streams[Int(account)].position(of: connection.cursor),
      engine.sink.wire[Int(account)].isCut(at: position)
    else { return }
    endUnfairly(connection)
  }

  /// Queues a packet that means nothing, between two packets of the stream.
  mutating func disturb(_ connection: VenueConnection, _ account: UInt32) {
    var faults = engine.sink.wire[Int(account)]
    guard faults.hasNoise else { return }
    engine.sink.faultCounts.unsequenced += 1
    connection.queue { faults.encodeNoise(into: $0) }
    engine.sink.wire[Int(account)] = faults
  }

  /// Answers a login that asked for `start`, not always rightly.
  mutating func answerUnfairly(
    _ start: LoginStart, _ connection: VenueConnection, _ account: UInt32
  ) {
    let index = Int(account)
    switch engine.sink.wire[index].fate(ofLoginAt: start.sequence) {
    case .fair: answer(start, connection, account)
    case .earlier(let sequence):
      // One that is forgotten cannot be sent again.
      guard let cursor = engine.sink.streams[index].cursor(at: sequence) else {
        return answer(start, connection, account)
      }
      engine.sink.faultCounts.duplicateReplays += 1
      answer(LoginStart(cursor: cursor, sequence: sequence), connection, account)
    case .later(let sequence):
      engine.sink.faultCounts.wrongSequences += 1
      let cursor = engine.sink.streams[index].cursor(at: sequence) ?? engine.sink.streams[index].end
      answer(LoginStart(cursor: cursor, sequence: sequence), connection, account)
    case .garbage:
      engine.sink.faultCounts.wrongSequences += 1
      var faults = engine.sink.wire[index]
      answer(start, connection, account) { faults.garble($0) }
      engine.sink.wire[index] = faults
    }
  }

  /// Milliseconds to sleep at most: less than one is not slept, and what is held back must leave
  /// in time.
  func sleep_ms(atMost limit: Int32) -> Int32 {
    var next_ns = Int64.max
    for account in engine.sink.wire.indices {
      next_ns = min(next_ns, engine.sink.wire[account].nextDue_ns ?? .max)
    }
    guard next_ns < .max else { return limit }
    return Int32(clamping: min(Int64(limit), max(0, (next_ns - now_ns) / 1_000_000 - 1)))
  }

  /// What is held back may leave, now that the venue ends.
  mutating func releaseAll() {
    for account in engine.sink.wire.indices {
      engine.sink.wire[account].release(until: .max)
    }
  }
}

/// How fast a connection may be read.
struct SlowReads {
  private let rate_Bps: Double
  private let burst: Double
  private var last_ns: Int64
  private var allowance = 0.0

  init(rate_Bps: Int, now_ns: Int64) {
    self.rate_Bps = Double(rate_Bps)
    // 20 ms of it, at least a byte.
    burst = max(1, self.rate_Bps / 50)
    last_ns = now_ns
  }

  /// Bytes that may be read now.
  mutating func available(_ now_ns: Int64) -> Int {
    allowance = min(burst, allowance + Double(now_ns - last_ns) * 1e-9 * rate_Bps)
    last_ns = now_ns
    return Int(allowance)
  }

  mutating func read(_ count: Int) { allowance -= Double(count) }
}
