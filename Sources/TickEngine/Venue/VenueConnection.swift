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
    while hasControl, !isBlocked, !isBroken {
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
    while !isBlocked, !isBroken, stream.position(of: cursor) != nil {
      let pending = stream.pending(at: &cursor)
      guard pending.count > 0 else { break }
      let moved = offer(pending)
      cursor.offset += moved
      sent += moved
    }
    return sent
  }

  private func offer(_ bytes: Bytes) -> Int {
    switch socket.send(bytes) {
    case .moved(let count):
      isBlocked = count < bytes.count
      return count
    case .wouldBlock: isBlocked = true
    case .closed, .failed: isBroken = true
    }
    return 0
  }
}
