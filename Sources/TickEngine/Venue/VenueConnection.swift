import TickWire

/// One client's TCP connection. What is to be sent comes from two places: a small control buffer
/// (login answers, heartbeats, end of session) and the account's retained stream, from a cursor.
/// A control packet is queued only while no stream packet is half sent, and goes first.
final class VenueConnection {
  enum State: Equatable {
    case awaitingLogin
    case live(account: UInt32)
    /// All is said; waiting for the peer to close, but no longer than this.
    case finishing(until_ns: Int64)
    case closed
  }

  let socket: TcpSocket
  var framer: SoupBinFramer
  var state = State.awaitingLogin
  var lastReceived_ns: Int64
  var lastSent_ns: Int64
  /// Where in the account's stream sending has come to.
  var cursor = RetainedStream.Cursor(chunk: 0, offset: 0)
  /// Bytes of the stream when the client logged in: what is before was asked for.
  var replayEnd = 0
  private let control = VenueMemory(count: 256)
  private var controlStart = 0
  private var controlEnd = 0
  /// The socket took less than was offered: wait for poll.
  var isBlocked = false
  /// A send failed: the peer is gone. The server ends the connection, and counts it.
  var isBroken = false
  /// Stop sending after what is queued, and close.
  var finishesWhenSent = false
  /// Bytes of the stream that may be sent so far, and bytes of anything; the rest is kept back or
  /// never sent, where the venue is to be unfair.
  var streamEnd = Int.max
  var bytesLeft = Int.max
  var slowReads: SlowReads?

  init(socket: consuming TcpSocket, now_ns: Int64) {
    self.socket = socket
    // The longest inbound message is far shorter; a longer packet is a peer gone wrong.
    framer = SoupBinFramer(capacity: 4_096)
    lastReceived_ns = now_ns
    lastSent_ns = now_ns
  }

  var account: UInt32? {
    if case .live(let account) = state { account } else { nil }
  }

  var hasControl: Bool { controlStart < controlEnd }

  /// Receives as much as there is, or as may be read by now.
  func receive(now_ns: Int64) -> TcpSocket.Outcome {
    let room = framer.writable
    guard slowReads != nil else { return socket.receive(into: room) }
    let available = slowReads?.available(now_ns) ?? 0
    guard available > 0 else { return .wouldBlock }
    let outcome = socket.receive(into: room.slice(at: 0, count: min(available, room.count)))
    if case .moved(let count) = outcome { slowReads?.read(count) }
    return outcome
  }

  /// Whether anything that has come may be read by now.
  func mayRead(_ now_ns: Int64) -> Bool {
    slowReads == nil || slowReads?.available(now_ns) ?? 0 > 0
  }

  /// Queues a control packet. There is room for all that a session can have queued at once.
  func queue(_ encode: (MutableBytes) -> Int) {
    if controlStart == controlEnd {
      controlStart = 0
      controlEnd = 0
    }
    let room = control.bytes.count - controlEnd
    controlEnd += encode(control.bytes.slice(at: controlEnd, count: room))
  }

  /// Sends what is queued and, for a live connection, what its stream has. Returns how much.
  func send(from streams: borrowing VenueStreams, now_ns: Int64) -> Int {
    isBlocked = false
    var sent = 0
    while hasControl, !isBlocked, !isBroken, bytesLeft > 0 {
      let queued = control.bytes.bytes.slice(at: controlStart, count: controlEnd - controlStart)
      let moved = offer(queued)
      controlStart += moved
      sent += moved
    }
    if case .live(let account) = state {
      sent += sendStream(streams.streams[Int(account)])
    }
    if sent > 0 { lastSent_ns = now_ns }
    return sent
  }

  private func sendStream(_ stream: borrowing RetainedStream) -> Int {
    var sent = 0
    while !isBlocked, !isBroken, let position = stream.position(of: cursor) {
      let pending = stream.pending(at: &cursor)
      let allowed = min(pending.count, max(0, streamEnd - position))
      guard allowed > 0, bytesLeft > 0 else { break }
      let moved = offer(pending.slice(at: 0, count: allowed))
      cursor.offset += moved
      sent += moved
    }
    return sent
  }

  private func offer(_ all: Bytes) -> Int {
    let bytes = all.count <= bytesLeft ? all : all.slice(at: 0, count: bytesLeft)
    switch socket.send(bytes) {
    case .moved(let count):
      isBlocked = count < bytes.count
      if bytesLeft != .max { bytesLeft -= count }
      return count
    case .wouldBlock: isBlocked = true
    case .closed, .failed: isBroken = true
    }
    return 0
  }
}
