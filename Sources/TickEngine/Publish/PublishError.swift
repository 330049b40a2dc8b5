import Glibc

/// Why nothing can be published, in a sentence that says what to do.
public enum PublishError: Error, Equatable, CustomStringConvertible {
  /// No interface has this name or address.
  case interface(ReceiveError)
  /// The system refuses the line's socket.
  case line(LineAddress, code: Int32)
  case unknownFeed(String)
  case options(String)

  public var description: String {
    switch self {
    case .interface(let error): "\(error)"
    case .line(let line, let code):
      "cannot send to \(line): \(PublishError.text(code)); \(PublishError.advice(code))"
    case .unknownFeed(let found):
      "nothing in the captures that can be published (\(found)): `tickway capture FILE` says what"
        + " is in it"
    case .options(let what): what
    }
  }

  private static func text(_ code: Int32) -> String {
    // strerror returns a NUL-terminated string for every code; it is copied at once.
    unsafe String(cString: strerror(code))
  }

  private static func advice(_ code: Int32) -> String {
    switch code {
    case ENETUNREACH, EHOSTUNREACH:
      "no route leads there: name an interface with --interface that is up and has an IPv4"
        + " address, such as lo"
    case EACCES, EPERM: "this address needs rights that you lack, or a firewall forbids it"
    case EADDRNOTAVAIL: "the source address in front of the @ must be one of this machine"
    default: "check the address and the interface"
    }
  }
}
