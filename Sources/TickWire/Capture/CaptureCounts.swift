/// What a reader met, counted as it goes. Every record is in `packets`; a record that gave no
/// datagram is also in `truncated` or in exactly one of the `ignored` reasons.
@frozen
public struct CaptureCounts: Equatable, Sendable {
  /// Records of any kind.
  public var packets: UInt64 = 0
  /// Captured bytes of those records, container headers not included.
  public var bytes: UInt64 = 0
  /// Records captured shorter than they were on the wire (a snapshot length), dropped.
  public var truncated: UInt64 = 0
  /// Records without a time of their own (pcapng simple packets), given the previous one's.
  /// Not a reason to drop, so they may also count elsewhere.
  public var untimed: UInt64 = 0
  /// Records dropped because they are not a whole UDP datagram, by reason.
  public var ignored = CaptureIgnored()
  /// Whether a file ended inside a record or a block, or its gzip stream was damaged. All that
  /// came before was read.
  public var cutTail = false

  @inlinable public init() {}

  /// Adds another reader's counts.
  public mutating func add(_ other: CaptureCounts) {
    packets += other.packets
    bytes += other.bytes
    truncated += other.truncated
    untimed += other.untimed
    ignored.add(other.ignored)
    cutTail = cutTail || other.cutTail
  }
}

/// Records that are not a whole UDP datagram, by reason.
@frozen
public struct CaptureIgnored: Equatable, Sendable {
  /// Neither IPv4 nor IPv6: ARP, LLDP, spanning tree.
  public var notIP: UInt64 = 0
  public var tcp: UInt64 = 0
  /// IP of another protocol than UDP or TCP: IGMP, ICMP.
  public var otherProtocol: UInt64 = 0
  /// A part of a fragmented IP datagram. Feeds never fragment, so none is put together.
  public var fragment: UInt64 = 0
  /// Lengths or versions that contradict each other.
  public var malformed: UInt64 = 0
  /// A pcapng interface whose link type is not supported.
  public var linkType: UInt64 = 0
  /// A pcapng interface that was never described, or beyond the table of 64.
  public var interface: UInt64 = 0

  @inlinable public init() {}

  public var total: UInt64 {
    notIP + tcp + otherProtocol + fragment + malformed + linkType + interface
  }

  /// Every reason with its count, in a fixed order, named as reports name them.
  public var byReason: [(name: String, count: UInt64)] {
    [
      ("not_ip", notIP), ("tcp", tcp), ("other_protocol", otherProtocol),
      ("fragment", fragment), ("malformed", malformed), ("link_type", linkType),
      ("interface", interface),
    ]
  }

  mutating func add(_ other: CaptureIgnored) {
    notIP += other.notIP
    tcp += other.tcp
    otherProtocol += other.otherProtocol
    fragment += other.fragment
    malformed += other.malformed
    linkType += other.linkType
    interface += other.interface
  }

  /// Counts a frame that is not UDP. Cold next to the datagrams, so kept out of their loop.
  @inline(never)
  mutating func count(_ verdict: FrameVerdict) {
    switch verdict {
    case .udp: break
    case .notIP: notIP += 1
    case .tcp: tcp += 1
    case .otherProtocol: otherProtocol += 1
    case .fragment: fragment += 1
    case .malformed: malformed += 1
    case .linkType: linkType += 1
    }
  }
}
