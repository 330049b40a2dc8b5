import TickRing

/// Opens the sockets of a feed's lines.
enum LineSockets {
  static func open(
    _ options: IngestOptions, _ observer: ReplayObserver
  ) throws(ReceiveError) -> Slab<UdpLine> {
    let sockets = try Slab<UdpLine>(count: options.lines.count) { number throws(ReceiveError) in
      try UdpLine(options.lines[number], options.receive)
    }
    for number in 0..<sockets.count {
      let name = LineWatcher.name(number)
      let place = sockets[number].interfaceName.map { " on \($0)" } ?? ""
      observer.note("line \(name): listening to \(options.lines[number])\(place)")
      if let note = sockets[number].bufferNote { observer.note(note) }
    }
    return sockets
  }
}

/// Tells the operator when a line comes, falls silent, or never speaks, what that makes of the
/// feed, and its news. Thread: the starter's.
struct LineWatcher {
  private let lines: [LineAddress]
  private let interface: String?
  private let place: String
  /// Since when each line was to speak: the start, or the opening.
  private var since_ns: [UInt64]
  private var states: [LineState]
  private var isSilenceTold: [Bool]
  private var feed = FeedState.neverSeen
  private var news = FeedNews()

  init(_ lines: [LineAddress], _ interface: String?) {
    self.lines = lines
    self.interface = interface
    place = interface.map { " on \($0)" } ?? ""
    since_ns = Array(repeating: MonotonicClock.now, count: lines.count)
    states = Array(repeating: .neverSeen, count: lines.count)
    isSilenceTold = Array(repeating: false, count: lines.count)
  }

  static func name(_ line: Int) -> String { line == 0 ? "A" : "B" }

  mutating func look(_ control: borrowing ControlPage, now: UInt64, _ observer: ReplayObserver) {
    let word = control.read(.lineStates)
    lookAtLines(word, now, observer)
    let state = FeedState(code: word & 0xFF)
    if state != feed, let words = LineWatcher.words(state) { observer.note("feed: \(words)") }
    feed = state
    news.look(control, now: now, observer)
  }

  private static func words(_ state: FeedState) -> String? {
    switch state {
    case .neverSeen: nil
    case .live: "live"
    case .degraded: "degraded, not every line is live"
    case .stale: "stale, no line is live"
    case .closed: "closed"
    }
  }

  /// - Parameter word: `ControlPage.Word.lineStates`.
  private mutating func lookAtLines(_ word: UInt64, _ now: UInt64, _ observer: ReplayObserver) {
    for line in lines.indices {
      let state = LineState(code: word >> UInt64(8 + 8 * line) & 0xFF)
      if state != states[line] { tell(line, state, observer) }
      states[line] = state
      if state == .closed { since_ns[line] = now }
      guard state == .neverSeen, !isSilenceTold[line],
        now > since_ns[line] + LineHealth.stale_ns
      else { continue }
      isSilenceTold[line] = true
      observer.note(
        "line \(LineWatcher.name(line)): joined \(lines[line])\(place), and not one packet of the"
          + " feed in 5 s: is it published, on this interface, with this group, port and source?"
          + interfaceWords(line))
    }
  }

  /// What to say of the interface of a line that is silent; nothing if it is up.
  private func interfaceWords(_ line: Int) -> String {
    do throws(ReceiveError) {
      let found =
        if let interface { try NetworkInterface(interface) } else {
          try NetworkInterface(toward: lines[line])
        }
      return found.isUp ? "" : "; \(found.name) is down"
    } catch {
      return "; \(error)"
    }
  }

  private func tell(_ line: Int, _ state: LineState, _ observer: ReplayObserver) {
    let name = LineWatcher.name(line)
    switch state {
    case .neverSeen: break
    case .live: observer.note("line \(name): live")
    case .stale:
      observer.note("line \(name): stale, nothing for more than 5 s\(interfaceWords(line))")
    case .closed: observer.note("line \(name): closed, the session is over or not begun")
    }
  }
}
