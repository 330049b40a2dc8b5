import CTickRing
import Glibc

/// Why a region could not be created, attached, claimed or removed.
public struct RingError: Error, CustomStringConvertible, Sendable {
  public enum Kind: Int32, Sendable {
    case argument = 1, exists, absent, permission, full, system, notARegion, version, kind
    case layout, size, owner, roleTaken
    case nodeAbsent, noNuma, nodeMemory, hugePages, build
  }
  public let kind: Kind
  /// The region's path.
  public let path: String
  /// The holder of a role that is taken, or 0.
  public let ownerPid: UInt64
  /// What the kernel said, for `.system`; else 0.
  public let systemErrno: Int32

  init(code: Int32, path: String, ownerPid: UInt64 = 0) {
    self.systemErrno = code == Kind.system.rawValue ? errno : 0
    self.kind = Kind(rawValue: code) ?? .system
    self.path = path
    self.ownerPid = ownerPid
  }

  init(kind: Kind, path: String) {
    self.init(code: kind.rawValue, path: path)
  }

  public var description: String { "\(path): \(reason)" }

  /// The sentence without the path.
  public var reason: String {
    if kind == .system { return String(cString: strerror(systemErrno)) }
    let owner = ownerPid == 0 ? "" : " (pid \(ownerPid))"
    return "\(String(cString: tickring_error_text(kind.rawValue)))\(owner)"
  }
}
