import TickRing

/// Why a kill page cannot be used.
public enum KillError: Error, Equatable, CustomStringConvertible {
  case instanceName(String)
  case absent(String)
  case permission(String)
  /// The region is damaged, of another build, or cannot be mapped.
  case unusable(String)
  /// Another sender of this instance lives.
  case taken(String)

  public var description: String {
    switch self {
    case .instanceName(let name):
      "\(name) is no name for an instance: 1 to 64 of A-Z a-z 0-9 _ - and ., no . first"
    case .absent(let text), .permission(let text), .unusable(let text), .taken(let text): text
    }
  }

  init(_ error: RingError) {
    switch error.kind {
    case .absent: self = .absent("\(error)")
    case .permission, .owner: self = .permission("\(error)")
    case .roleTaken: self = .taken("\(error)")
    default: self = .unusable("\(error)")
    }
  }
}
