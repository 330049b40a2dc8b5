import TickWire

/// Where a login's stream begins, and the sequence there.
struct LoginStart {
  var cursor: RetainedStream.Cursor
  var sequence: UInt64
}

// Sessions: what each connection may say, and how it ends.
extension VenueServer {
  // MARK: Receiving

  /// Takes what a connection has sent, a bounded part of it. Returns whether there was anything.
  mutating func receive<Market: VenueMarket & ~Copyable>(
    _ connection: VenueConnection, _ market: inout Market
  ) -> Bool {
    if connection.finishesWhenSent {
      discard(connection)
      return false
    }
    var received = false
    for _ in 0..<4 {
      guard connection.state != .closed else { return received }
      switch connection.receive(now_ns: now_ns) {
      case .moved(let count):
        received = true
        connection.lastReceived_ns = now_ns
        connection.framer.received(count)
        takePackets(connection, &market)
      case .wouldBlock: return received
      case .closed, .failed: end(connection, counting: \.closedByPeer)
      }
    }
    return received
  }

  private mutating func takePackets<Market: VenueMarket & ~Copyable>(
    _ connection: VenueConnection, _ market: inout Market
  ) {
    while let packet = connection.framer.next() {
      take(packet, connection, &market)
      if connection.finishesWhenSent || connection.state == .closed { return }
    }
    if connection.framer.fault != nil { end(connection, counting: \.closedMalformed) }
  }

  private mutating func take<Market: VenueMarket & ~Copyable>(
    _ packet: SoupBinPacket, _ connection: VenueConnection, _ market: inout Market
  ) {
    switch (packet.type, connection.account) {
    case (.debug, _), (.clientHeartbeat, _): break
    case (.loginRequest, nil): logIn(connection, packet.payload)
    case (.logout, _?): end(connection, counting: \.logouts)
    case (.unsequenced, let account?):
      counts.messagesReceived += 1
      if isUnfair {
        takeUnfairly(message: packet.payload, connection, from: account, &market)
      } else {
        take(message: packet.payload, from: account, &market)
      }
    case (nil, _?): counts.unknown += 1
    default: end(connection, counting: \.closedMalformed)
    }
  }

  mutating func take<Market: VenueMarket & ~Copyable>(
    message: Bytes, from account: UInt32, _ market: inout Market
  ) {
    switch options.dialect {
    case .ouch50: take50(message, from: account, &market)
    case .ouch42: take42(message, from: account, &market)
    }
  }

  private mutating func take50<Market: VenueMarket & ~Copyable>(
    _ message: Bytes, from account: UInt32, _ market: inout Market
  ) {
    switch Ouch50.inbound(message) {
    case .malformed: counts.malformed += 1
    case .unknown: counts.unknown += 1
    case .message(.enterOrder):
      guard let order = Ouch50.EnterOrder(message) else { return }
      let instrument = market.instrument(for: order.symbol)
      engine.enter(VenueOrderRequest(order, instrument: instrument), from: account)
    case .message(.replaceOrder):
      guard let order = Ouch50.ReplaceOrder(message) else { return }
      engine.replace(VenueReplaceRequest(order), from: account)
    case .message(.cancelOrder):
      guard let order = Ouch50.CancelOrder(message) else { return }
      engine.cancel(order.userRefNum, remaining: order.quantity, from: account)
    case .message(.modifyOrder):
      guard let order = Ouch50.ModifyOrder(message) else { return }
      engine.modify(
        order.userRefNum, side: order.side, quantity: order.quantity, from: account)
    case .message(.accountQuery):
      engine.sink.emit(nextUserRefNum: engine.nextUserRefNum(of: account), to: account)
    case .message(.massCancel):
      guard let request = Ouch50.MassCancel(message) else { return }
      engine.massCancel(VenueMassCancel(request), from: account)
    case .message(.disableOrderEntry), .message(.enableOrderEntry):
      guard let request = Ouch50.EntrySwitch(message) else { return }
      engine.switchEntry(
        request.direction, userRefNum: request.userRefNum, firm: request.firm, from: account)
    }
  }

  // MARK: Login

  private mutating func logIn(_ connection: VenueConnection, _ payload: Bytes) {
    guard let request = SoupBinLoginRequest(payload: payload) else {
      return end(connection, counting: \.closedMalformed)
    }
    do throws(SoupBin.LoginRejection) {
      let account = try admit(request)
      let start = try self.start(of: request, account)
      if engine.sink.streams[Int(account)].nextSequence == 1 {
        engine.sink.emit(systemEvent: Ouch50.eventStartOfDay, to: account)
      }
      accounts[Int(account)].isLive = true
      counts.logins += 1
      connection.state = .live(account: account)
      if isUnfair {
        answerUnfairly(start, connection, account)
      } else {
        answer(start, connection, account)
      }
    } catch {
      counts.loginsRejected += 1
      connection.queue { error.encode(into: $0) }
      connection.finishesWhenSent = true
    }
  }

  /// Lets a connection in, from where its stream begins.
  ///
  /// - Parameter change: done to the answer before it leaves.
  mutating func answer(
    _ start: LoginStart, _ connection: VenueConnection, _ account: UInt32,
    change: (MutableBytes) -> Void = { _ in }
  ) {
    connection.cursor = start.cursor
    let stream = engine.sink.streams[Int(account)]
    connection.replayEnd = stream.position(of: stream.end) ?? 0
    let accepted = SoupBinLoginAccepted(session: options.session, sequence: start.sequence)
    connection.queue {
      let length = accepted.encode(into: $0)
      change($0)
      return length
    }
  }

  /// The account of a login that is in order.
  private mutating func admit(
    _ request: SoupBinLoginRequest
  ) throws(SoupBin.LoginRejection) -> UInt32 {
    let known = options.logins.contains {
      $0.username == request.username && $0.password == request.password
    }
    guard request.username != .blank, known || options.logins.isEmpty else {
      throw .notAuthorised
    }
    guard request.session == .blank || request.session == options.session.trimmed else {
      throw .sessionUnavailable
    }
    if let index = accounts.firstIndex(where: { $0.username == request.username }) {
      guard !accounts[index].isLive else { throw .sessionUnavailable }
      return UInt32(index)
    }
    guard accounts.count < options.limits.accounts else { throw .notAuthorised }
    accounts.append(Account(username: request.username))
    engine.sink.streams.append(
      RetainedStream(chunkBytes: options.retainedChunkBytes, bytesMax: options.retainedBytesMax))
    prepare(request.username, UInt32(accounts.count - 1))
    return UInt32(accounts.count - 1)
  }

  /// Where a login's stream begins, and the sequence there.
  private mutating func start(
    of request: SoupBinLoginRequest, _ account: UInt32
  ) throws(SoupBin.LoginRejection) -> LoginStart {
    let stream = engine.sink.streams[Int(account)]
    guard request.sequence > 0 else {
      return LoginStart(cursor: stream.end, sequence: stream.nextSequence)
    }
    guard let cursor = stream.cursor(at: request.sequence) else { throw .sessionUnavailable }
    if request.sequence < stream.nextSequence {
      counts.replays += 1
      counts.messagesReplayed += stream.nextSequence - request.sequence
    }
    return LoginStart(cursor: cursor, sequence: request.sequence)
  }

  // MARK: Keeping and ending

  /// Heartbeats and limits.
  mutating func keep(_ connection: VenueConnection) {
    switch connection.state {
    case .closed: return
    case .finishing(let until_ns):
      if now_ns >= until_ns { connection.state = .closed }
      return
    case .awaitingLogin, .live: break
    }
    if now_ns - connection.lastReceived_ns >= Int64(options.deadPeer_ms) * 1_000_000 {
      return end(connection, counting: \.closedSilent)
    }
    guard let account = connection.account else { return }
    let stream = engine.sink.streams[Int(account)]
    guard let position = stream.position(of: connection.cursor) else {
      return end(connection, counting: \.closedSlow)  // what it had still to read is forgotten
    }
    let end_bytes = stream.position(of: stream.end) ?? position
    if end_bytes - max(position, connection.replayEnd) > options.backlogBytesMax {
      return end(connection, counting: \.closedSlow)
    }
    let silence_ns = now_ns - connection.lastSent_ns
    let sendable_bytes = isUnfair ? engine.sink.wire[Int(account)].released : end_bytes
    guard position >= sendable_bytes, !connection.hasControl else { return }
    if isUnfair { disturb(connection, account) }
    if !connection.hasControl, silence_ns >= Int64(options.heartbeat_ms) * 1_000_000 {
      connection.queue { SoupBin.encode(.serverHeartbeat, into: $0) }
    }
  }

  /// Ends a connection now; what its account has resting is cancelled if so configured.
  mutating func end(
    _ connection: VenueConnection, counting reason: WritableKeyPath<VenueCounts, UInt64>
  ) {
    guard connection.state != .closed else { return }
    counts[keyPath: reason] += 1
    release(connection)
    connection.state = .closed
  }

  private mutating func release(_ connection: VenueConnection) {
    guard let account = connection.account else { return }
    accounts[Int(account)].isLive = false
    engine.settle(account)
    if options.cancelsOnDisconnect { engine.cancelAll(of: account, reason: .system) }
  }

  /// Once everything is sent to a connection that is to end: says so, and leaves it to the peer to
  /// close, so that nothing on its way is lost.
  mutating func finishIfSent(_ connection: VenueConnection) {
    guard connection.finishesWhenSent, !connection.hasControl else { return }
    switch connection.state {
    case .awaitingLogin, .live:
      connection.socket.finish()
      connection.state = .finishing(
        until_ns: now_ns + Int64(options.shutdown_ms) * 1_000_000)
    case .finishing, .closed: return
    }
  }

  /// Reads and forgets what still comes on a connection that is to end.
  func discard(_ connection: VenueConnection) {
    connection.framer.reset()
    for _ in 0..<4 {
      switch connection.socket.receive(into: connection.framer.writable) {
      case .moved: continue
      case .wouldBlock: return
      case .closed, .failed:
        connection.state = .closed
        return
      }
    }
  }
}
