import CTickRing
import Glibc

/// What a region's file says, and what the kernel says of its owners: for whoever looks from
/// outside. The file is read, never mapped or written; a damaged one is a verdict, not a crash.
public struct RegionInfo: Sendable {
  /// One side of a region.
  public struct Owner: Sendable {
    /// Whether a living process holds the role: the kernel's word.
    public let isAlive: Bool
    /// The last owner's pid, as the header says; 0: there never was one.
    public let pid: UInt64
    /// How many owners there have been.
    public let generation: UInt64
    /// Since the owner's last beat, ns; nil: it has not beaten so far, which not every owner does.
    public let silence_ns: UInt64?
    /// Whether it lives and has not beaten for `Heartbeat.silenceMax_ns`: it hangs, or is paused.
    public var isSilent: Bool { isAlive && (silence_ns ?? 0) > Heartbeat.silenceMax_ns }
  }

  public let directory: String
  public let name: String
  let raw: tickring_info
  /// When it was looked at, CLOCK_MONOTONIC ns.
  private let looked_ns: UInt64

  /// Looks at one region. Throws if there is no such file, or it may not be read.
  public init(directory: String = Region.defaultDirectory, name: String) throws(RingError) {
    var raw = tickring_info()
    let code = tickring_inspect(directory, name, &raw)
    guard code == 0 else { throw RingError(code: code, path: "\(directory)/\(name)") }
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    looked_ns = UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    self.raw = raw
    self.directory = directory
    self.name = name
  }

  /// What a directory has.
  public struct Survey: Sendable {
    /// Every file that says it is a region, damaged or not, by name.
    public internal(set) var regions: [RegionInfo] = []
    /// Why a file could not be looked at: it may be a region, and in any order.
    public internal(set) var unread: [RingError] = []
  }

  /// The regions of a directory, as far as they may be read.
  public static func list(
    directory: String = Region.defaultDirectory
  ) throws(RingError) -> [RegionInfo] {
    try survey(directory: directory).regions
  }

  /// Looks at every file of a directory. What vanishes meanwhile is left out.
  public static func survey(
    directory: String = Region.defaultDirectory
  ) throws(RingError) -> Survey {
    guard let stream = opendir(directory) else {
      throw RingError(kind: errno == EACCES ? .permission : .absent, path: directory)
    }
    defer { closedir(stream) }
    var found = Survey()
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
        bytes.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      // No region has a name that is no text.
      guard let name else { continue }
      do throws(RingError) {
        let info = try RegionInfo(directory: directory, name: name)
        if info.isRegion { found.regions.append(info) }
      } catch {
        if !error.saysNoRegion { found.unread.append(error) }
      }
    }
    found.regions.sort { $0.name < $1.name }
    return found
  }

  /// Whether the file says that it is a region.
  var isRegion: Bool { raw.header.magic == TICKRING_MAGIC_VALUE }

  /// Why an attach would refuse the region; nil if it would not.
  public var refusal: RingError? {
    guard raw.verdict != 0 else { return nil }
    return RingError(code: raw.verdict, path: "\(directory)/\(name)")
  }

  /// nil for a kind that this build does not know.
  public var kind: RegionKind? { RegionKind(rawValue: raw.header.kind) }
  public var version: UInt32 { raw.header.version }
  /// Slots, as the header says: true only if `refusal` is nil. The same holds for what follows.
  public var capacity: UInt64 { raw.header.capacity }
  public var slotBytes: UInt32 { raw.header.slot_bytes }
  public var layoutHash: UInt64 { raw.header.layout_hash }
  public var buildHash: UInt64 { raw.header.build_hash }
  /// The ring library's, as its C header says it.
  public static var libraryVersion: String { TICKRING_LIBRARY_VERSION }
  /// This build's: that of the regions that it makes.
  public static var ownBuildHash: UInt64 { tickring_build_hash() }
  /// Whether it was made by this build of the library.
  public var isSameBuild: Bool { raw.header.build_hash == RegionInfo.ownBuildHash }
  /// The NUMA node that its memory was bound to; nil: none was asked for.
  public var node: UInt64? { raw.header.node_plus_1 == 0 ? nil : raw.header.node_plus_1 - 1 }
  /// The size of its huge pages; 0: it has usual ones.
  public var hugePageBytes: UInt64 { raw.header.page_bytes }
  /// Creation, ns since the Unix epoch.
  public var epoch: UInt64 { raw.header.epoch }
  public var instance: UInt64 { raw.header.instance }
  /// Bytes of the file.
  public var byteCount: UInt64 { raw.file_bytes }
  public var ownerUid: UInt32 { raw.owner_uid }
  public var mode: UInt32 { raw.mode }

  /// Whether any process is attached.
  public var isAttached: Bool { raw.is_attached }
  public var producer: Owner {
    Owner(
      isAlive: raw.has_producer, pid: raw.header.producer_pid,
      generation: raw.header.producer_generation,
      silence_ns: silence(since: raw.header.producer_heartbeat_ns))
  }
  public var consumer: Owner {
    Owner(
      isAlive: raw.has_consumer, pid: raw.header.consumer_pid,
      generation: raw.header.consumer_generation,
      silence_ns: silence(since: raw.header.consumer_heartbeat_ns))
  }

  /// A beat that is said to come later than the look came just now.
  private func silence(since beat_ns: UInt64) -> UInt64? {
    beat_ns == 0 ? nil : looked_ns - min(beat_ns, looked_ns)
  }

  /// Whether one consumer takes each record: ticks, orders, events.
  public var isQueue: Bool { kind == .ticks || kind == .orders || kind == .events }
  /// Whether records are published at all.
  public var isRing: Bool { isQueue || kind == .broadcast }
  /// Records published since the region was created; rings only. After a death in a commit
  /// it is up to a batch too many until a successor withdraws that.
  public var published: UInt64 { raw.published }
  /// Records that the consumer has advanced past; queues only.
  public var taken: UInt64 { raw.taken }
  /// Records published and not taken.
  public var lag: UInt64 { raw.published &- raw.taken }
  /// Times that the producer found no room.
  public var full: UInt64 { raw.header.full }
}

extension RingError {
  /// Gone; a folder, a FIFO; a name that no region has; a link, or a socket.
  fileprivate var saysNoRegion: Bool {
    [.absent, .notARegion, .argument].contains(kind) || [ELOOP, ENXIO].contains(systemErrno)
  }
}

/// "TKWRING1"; the header's macro is not seen by the importer.
private let TICKRING_MAGIC_VALUE: UInt64 = 0x3147_4E49_5257_4B54
