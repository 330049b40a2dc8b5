/// What a captured frame turned out to be.
enum FrameVerdict {
  case udp, notIP, tcp, otherProtocol, fragment, malformed, linkType
}

/// The link types that are read, numbered as tcpdump.org's registry numbers them.
enum LinkType {
  static let null: UInt32 = 0
  static let ethernet: UInt32 = 1
  static let rawIP: UInt32 = 101
  static let loop: UInt32 = 108
  static let sll: UInt32 = 113
  static let sll2: UInt32 = 276

  static func isSupported(_ linkType: UInt32) -> Bool {
    switch linkType {
    case null, ethernet, rawIP, loop, sll, sll2: true
    default: false
    }
  }

  /// The name for people.
  static func name(_ linkType: UInt32) -> String {
    switch linkType {
    case null: "BSD loopback"
    case ethernet: "Ethernet"
    case rawIP: "raw IP"
    case loop: "OpenBSD loopback"
    case sll: "Linux cooked v1"
    case sll2: "Linux cooked v2"
    default: "link type \(linkType)"
    }
  }
}

/// Finds the UDP payload in a whole captured frame.
///
/// The IP and the UDP length decide where the payload ends, never the frame's: real frames carry
/// padding, check sequences and switch trailers. Checksums are not verified, since captures of
/// sent packets are taken before the card fills them in.
enum UdpFrame {
  /// An IPv6 packet with more extension headers than this before UDP is malformed to us.
  private static let extensionHeadersMax = 8

  /// Fills `datagram`'s payload and endpoints, if the verdict is `.udp`.
  @inline(__always)
  static func find(
    in frame: Bytes, linkType: UInt32, _ datagram: inout Datagram
  ) -> FrameVerdict {
    switch linkType {
    case LinkType.ethernet: return tagged(frame, etherTypeAt: 12, &datagram)
    default: return other(frame, linkType, &datagram)
    }
  }

  @inline(never)
  private static func other(
    _ frame: Bytes, _ linkType: UInt32, _ datagram: inout Datagram
  ) -> FrameVerdict {
    switch linkType {
    case LinkType.rawIP: return anyIP(frame, at: 0, &datagram)
    case LinkType.sll: return tagged(frame, etherTypeAt: 14, &datagram)
    case LinkType.sll2:
      guard frame.has(20, at: 0) else { return .malformed }
      return internet(frame.u16be(0), frame, at: 20, &datagram)
    case LinkType.null, LinkType.loop: return loopback(frame, &datagram)
    default: return .linkType
    }
  }

  /// An EtherType, after any number of VLAN tags (IEEE 802.1Q, 802.1ad).
  @inline(__always)
  private static func tagged(
    _ frame: Bytes, etherTypeAt start: Int, _ datagram: inout Datagram
  ) -> FrameVerdict {
    guard frame.has(2, at: start) else { return .malformed }
    var offset = start
    var etherType = frame.u16be(offset)
    while etherType == 0x8100 || etherType == 0x88A8 {
      offset += 4
      guard frame.has(2, at: offset) else { return .malformed }
      etherType = frame.u16be(offset)
    }
    return internet(etherType, frame, at: offset + 2, &datagram)
  }

  @inline(__always)
  private static func internet(
    _ etherType: UInt16, _ frame: Bytes, at offset: Int, _ datagram: inout Datagram
  ) -> FrameVerdict {
    switch etherType {
    case 0x0800: return ipv4(frame, at: offset, &datagram)
    case 0x86DD: return ipv6(frame, at: offset, &datagram)
    default: return .notIP
    }
  }

  /// Four bytes of address family, in the byte order of whichever machine captured.
  private static func loopback(_ frame: Bytes, _ datagram: inout Datagram) -> FrameVerdict {
    guard frame.has(4, at: 0) else { return .malformed }
    let family = min(frame.u32le(0), frame.u32be(0))
    switch family {
    case 2: return ipv4(frame, at: 4, &datagram)
    // AF_INET6 of Linux, the BSDs and Darwin.
    case 10, 24, 28, 30: return ipv6(frame, at: 4, &datagram)
    default: return .notIP
    }
  }

  private static func anyIP(
    _ frame: Bytes, at offset: Int, _ datagram: inout Datagram
  ) -> FrameVerdict {
    guard frame.has(1, at: offset) else { return .malformed }
    switch frame[offset] >> 4 {
    case 4: return ipv4(frame, at: offset, &datagram)
    case 6: return ipv6(frame, at: offset, &datagram)
    default: return .notIP
    }
  }

  /// RFC 791.
  @inline(__always)
  private static func ipv4(
    _ frame: Bytes, at offset: Int, _ datagram: inout Datagram
  ) -> FrameVerdict {
    guard frame.has(20, at: offset) else { return .malformed }
    let headerLength = Int(frame[offset] & 0x0F) * 4
    let totalLength = Int(frame.u16be(offset + 2))
    guard frame[offset] >> 4 == 4, headerLength >= 20, totalLength >= headerLength,
      frame.has(totalLength, at: offset)
    else { return .malformed }
    // More-fragments or an offset: a part of a datagram. Don't-fragment is not in the mask.
    guard frame.u16be(offset + 6) & 0x3FFF == 0 else { return .fragment }
    let proto = frame[offset + 9]
    guard proto == 17 else { return proto == 6 ? .tcp : .otherProtocol }
    datagram.source.address = frame.u32be(offset + 12)
    datagram.destination.address = frame.u32be(offset + 16)
    datagram.source.isIPv6 = false
    datagram.destination.isIPv6 = false
    return udp(frame, at: offset + headerLength, end: offset + totalLength, &datagram)
  }

  /// RFC 8200. Jumbograms have length 0 here and are malformed to us.
  @inline(never)
  private static func ipv6(
    _ frame: Bytes, at offset: Int, _ datagram: inout Datagram
  ) -> FrameVerdict {
    guard frame.has(40, at: offset), frame[offset] >> 4 == 6 else { return .malformed }
    let end = offset + 40 + Int(frame.u16be(offset + 4))
    guard end <= frame.count else { return .malformed }
    var next = frame[offset + 6]
    var at = offset + 40
    for _ in 0..<extensionHeadersMax {
      guard isExtension(next) else { break }
      guard at + 8 <= end else { return .malformed }
      // A fragment header that covers the whole datagram is harmless (RFC 6946).
      if next == 44 && frame.u16be(at + 2) & 0xFFF9 != 0 { return .fragment }
      let length = next == 44 ? 8 : (Int(frame[at + 1]) + 1) * 8
      next = frame[at]
      at += length
    }
    guard !isExtension(next), at <= end else { return .malformed }
    guard next == 17 else { return next == 6 ? .tcp : .otherProtocol }
    datagram.source = UdpEndpoint(address: frame.u32be(offset + 20), isIPv6: true)
    datagram.destination = UdpEndpoint(address: frame.u32be(offset + 36), isIPv6: true)
    return udp(frame, at: at, end: end, &datagram)
  }

  /// Hop-by-hop options, routing, fragment, destination options.
  private static func isExtension(_ next: UInt8) -> Bool {
    next == 0 || next == 43 || next == 44 || next == 60
  }

  /// RFC 768. `end` is where the IP payload ends, and lies within the frame.
  @inline(__always)
  private static func udp(
    _ frame: Bytes, at offset: Int, end: Int, _ datagram: inout Datagram
  ) -> FrameVerdict {
    guard offset + 8 <= end else { return .malformed }
    let length = Int(frame.u16be(offset + 4))
    guard length >= 8, offset + length <= end else { return .malformed }
    datagram.source.port = frame.u16be(offset)
    datagram.destination.port = frame.u16be(offset + 2)
    datagram.payload = frame.slice(at: offset + 8, count: length - 8)
    return .udp
  }
}
