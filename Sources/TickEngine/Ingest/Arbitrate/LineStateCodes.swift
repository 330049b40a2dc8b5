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

  init(code: UInt64) {
    switch code {
    case 1: self = .live
    case 2: self = .stale
    case 3: self = .closed
    default: self = .neverSeen
    }
  }
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
    switch code {
    case 1: self = .live
    case 2: self = .stale
    case 3: self = .closed
    case 4: self = .degraded
    default: self = .neverSeen
    }
  }
}
