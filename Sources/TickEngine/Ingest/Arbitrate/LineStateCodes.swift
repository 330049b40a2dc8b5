// States of lines and feed as the control page carries them. A code that is none reads as never
// seen: missing is never healthy.

extension LineState {
  var code: UInt64 {
    switch self {
    case .neverSeen: 0
    case .live: 1
    case .stale: 2
    case .closed: 3
    }
  }

  init(code: UInt64) { self = [.live, .stale, .closed].first { $0.code == code } ?? .neverSeen }
}

extension FeedState {
  var code: UInt64 {
    switch self {
    case .neverSeen: 0
    case .live: 1
    case .stale: 2
    case .closed: 3
    case .degraded: 4
    }
  }

  init(code: UInt64) {
    self = [.live, .stale, .closed, .degraded].first { $0.code == code } ?? .neverSeen
  }
}
