import TickWire

/// Answers MoldUDP64 re-requests: each with one ordinary downstream datagram, or with silence.
///
/// It has no thread: whoever publishes polls it, while it waits for its next deadline and between
/// batches. So the store that it reads has one thread and needs no ordering, an answer never
/// overtakes what it repeats, and nothing runs when nobody asks; the price is that an answer, a few
/// microseconds, can delay a send, which `poll(atMost:)` bounds.
///
/// Cost: a look without requests is one system call. Work per call is bounded by `atMost`. Failure:
/// malformed, of another session, out of what is kept: counted and never answered; so is an answer
/// that the kernel does not take, since the asker will ask again.
public struct RequestServer: ~Copyable {
  private let socket: RequestSocket
  private let received: Slab<UInt8>
  private let answer: Slab<UInt8>
  public private(set) var counts = RequestCounts()

  /// Binds, so that requests may come as soon as this returns.
  ///
  /// - Parameters:
  ///   - address: of this machine, IPv4, with a port; port 0 takes any.
  ///   - datagramBytesMax: the longest answer.
  public init(
    _ address: UdpEndpoint, datagramBytesMax: Int = MoldUdp64Writer.datagramBytesMax
  ) throws(RequestServerError) {
    socket = try RequestSocket(address)
    // One byte more than a request: what is longer shows.
    received = Slab(count: MoldUdp64Request.byteCount + 1, repeating: 0)
    answer = Slab(count: datagramBytesMax, repeating: 0)
  }

  /// Where it listens, with the port that it got.
  public var address: UdpEndpoint { socket.address }

  /// Takes at most `limit` requests that are there and answers them. Returns how many it took.
  public mutating func poll(_ store: borrowing RetainedMessages, atMost limit: Int = 1) -> Int {
    var taken = 0
    while taken < limit {
      let target = unsafe received.mutableBytes
      guard let asker = socket.receive(into: target) else { break }
      taken += 1
      serve(target.bytes.slice(at: 0, count: asker.byteCount), from: asker, store)
    }
    return taken
  }

  /// Waits until a request is there, or the time is over.
  public func wait(timeout_ms: Int32) -> Bool { socket.wait(timeout_ms: timeout_ms) }

  private mutating func serve(
    _ datagram: Bytes, from asker: RequestSocket.Asker, _ store: borrowing RetainedMessages
  ) {
    counts.received += 1
    guard let request = MoldUdp64Request(datagram), request.messageCount > 0 else {
      counts.malformed += 1
      return
    }
    guard request.session == store.session else {
      counts.otherSession += 1
      return
    }
    guard request.firstSequence >= store.firstSequence else {
      counts.forgotten += 1
      return
    }
    guard request.firstSequence < store.nextSequence else {
      counts.future += 1
      return
    }
    var writer = unsafe MoldUdp64Writer(into: answer.mutableBytes)
    let length = store.answer(request, with: &writer)
    guard length > 0, socket.send(writer.datagram, to: asker) else {
      counts.notSent += 1
      return
    }
    counts.answered += 1
    counts.messages += UInt64(writer.messageCount)
  }
}

/// What became of requests: `received` is the sum of all that follow but `messages`. In reports as
/// it is.
public struct RequestCounts: Codable, Equatable, Sendable {
  /// Datagrams that came.
  public var received: UInt64 = 0
  public var answered: UInt64 = 0
  /// Messages in the answers.
  public var messages: UInt64 = 0
  /// Not a request, or one for no message.
  public var malformed: UInt64 = 0
  /// For a session that is not the current one.
  public var otherSession: UInt64 = 0
  /// From a sequence on that has not been published yet.
  public var future: UInt64 = 0
  /// From a sequence on that is no longer kept, or never was: 0.
  public var forgotten: UInt64 = 0
  /// Answers that the kernel did not take, or that hold no message of the length kept.
  public var notSent: UInt64 = 0

  public init() {}

  enum CodingKeys: String, CodingKey {
    case received, answered, messages, malformed, future, forgotten
    case otherSession = "other_session"
    case notSent = "not_sent"
  }
}

/// Why a request server could not start, in a sentence that says what to do.
public enum RequestServerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Not an address of this machine.
  case badAddress(String)
  case portBusy(String)
  /// A port below 1024, without the right to it.
  case portForbidden(String)
  /// A system call failed that should not.
  case system(call: String, errno: Int32)

  public var description: String {
    switch self {
    case .badAddress(let text):
      "requests cannot be served at \(text): it is no unicast IPv4 address of this machine;"
        + " try 127.0.0.1:0"
    case .portBusy(let text):
      "requests cannot be served at \(text): another process has the port; choose another"
    case .portForbidden(let text):
      "requests cannot be served at \(text): the port needs rights that this process has not;"
        + " choose one above 1023"
    case .system(let call, let code):
      "requests cannot be served: \(call) failed with error \(code)"
    }
  }
}
