import CLinux
import Glibc

/// A network interface of this machine, as it was when it was looked up: one that goes and comes
/// back gets another index. Looked up at start and when a line rejoins, never between packets.
struct NetworkInterface: Equatable {
  let index: Int32
  let name: String

  /// By name, or by an IPv4 address that the interface has.
  init(_ text: String) throws(ReceiveError) {
    var index = unsafe clinux_interface_named(text)
    if index <= 0, let address = LineAddress.address(text) {
      index = clinux_interface_with_address(address)
    }
    guard let found = Self(index: index) else {
      throw .noSuchInterface(text, available: Self.names)
    }
    self = found
  }

  /// The one that the route to the line's group takes.
  init(toward line: LineAddress) throws(ReceiveError) {
    let index = clinux_interface_toward(line.group)
    guard let found = Self(index: index) else {
      throw .noRoute(line, code: index < 0 ? -index : ENODEV)
    }
    self = found
  }

  /// Whether it is up and connected now.
  var isUp: Bool { clinux_interface_is_up(index) == 1 }

  /// nil if there is none with this index.
  init?(index: Int32) {
    var bytes = [CChar](repeating: 0, count: 16)
    // The array is ours for the length of the call, and says how long it is.
    guard unsafe clinux_interface_name(index, &bytes, Int32(bytes.count)) == 0 else { return nil }
    self.index = index
    name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// All there are, for a message. Indices may have holes where interfaces went.
  private static var names: [String] {
    guard let list = unsafe if_nameindex() else { return [] }
    defer { unsafe if_freenameindex(list) }
    var names: [String] = []
    var next = unsafe list
    // The kernel's list ends with an entry without a name.
    while let name = unsafe next.pointee.if_name {
      names.append(unsafe String(cString: name))
      unsafe next += 1
    }
    return names
  }
}

extension LineAddress {
  /// Whether a line could be listened to here, as far as its addresses tell.
  /// - Parameter interface: nil: the route's, which may be there once it is needed.
  func check(interface: String?) throws(ReceiveError) {
    if !isMulticast {
      if !isOwn { throw .neitherGroupNorOwn(self) }
    } else if let interface {
      _ = try NetworkInterface(interface)
    }
  }

  /// Whether a socket can have the address, on whatever port.
  private var isOwn: Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = group.bigEndian
    // The name is ours for the call.
    let code = unsafe withUnsafeBytes(of: name) { raw in
      unsafe bind(
        descriptor, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self),
        socklen_t(raw.count))
    }
    return code == 0 || errno != EADDRNOTAVAIL
  }
}
