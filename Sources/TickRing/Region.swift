import CTickRing

/// What a region holds; the raw values are those of `tickring_region.h`.
public enum RegionKind: UInt32, Sendable {
  case ticks = 1, orders, events, directory, board, control, metrics, broadcast, pool, positions
  case gate, ledger, state
}

/// A file of shared memory, attached. Dropping it detaches; the file stays until `remove`.
///
/// A ring's region is turned into an endpoint by `TickProducer(claiming:)` and its siblings; to
/// have both ends, or an observer, in one process, `duplicate` it.
///
/// - Thread safety: one thread at a time.
public struct Region: ~Copyable, @unchecked Sendable {
  @usableFromInline var raw: tickring_region
  let path: String

  /// The default directory for regions.
  public static let defaultDirectory = "/dev/shm"

  init(raw: tickring_region, path: String) {
    self.raw = raw
    self.path = path
  }

  deinit {
    var raw = self.raw
    tickring_detach(&raw)
  }

  /// Creates `directory/name` exclusively, mode 0600, with all its memory allocated and touched.
  ///
  /// - Parameters:
  ///   - capacity: slots, a power of two up to 2^30.
  ///   - node: the NUMA node that the memory is bound to before its first touch.
  ///   - hugePages: whether all of it is to lie in huge pages; the file is rounded up to them.
  ///   - untouched: its memory is allocated, but not touched; neither with a node nor with huge
  ///     pages.
  ///
  /// Placement is verified page by page: what cannot be had as asked for is not made, and throws
  /// `.nodeAbsent`, `.noNuma`, `.nodeMemory` or `.hugePages`.
  public static func create(
    _ kind: RegionKind, directory: String = defaultDirectory, name: String, capacity: Int,
    node: Int? = nil, hugePages: Bool = false, untouched: Bool = false
  ) throws(RingError) -> Region {
    var options = options(kind, capacity, node, hugePages)
    options.is_untouched = untouched
    var raw = tickring_region()
    let code = tickring_create(directory, name, &options, &raw)
    let path = "\(directory)/\(name)"
    guard code == 0 else { throw RingError(code: code, path: path) }
    return Region(raw: raw, path: path)
  }

  /// The same without a name: others get at it by `duplicate`, and however the process ends, even
  /// by SIGKILL in here, nothing is left behind.
  public static func createUnnamed(
    _ kind: RegionKind, directory: String = defaultDirectory, capacity: Int, node: Int? = nil,
    hugePages: Bool = false
  ) throws(RingError) -> Region {
    var options = options(kind, capacity, node, hugePages)
    var raw = tickring_region()
    let code = tickring_create_unnamed(directory, &options, &raw)
    guard code == 0 else { throw RingError(code: code, path: directory) }
    return Region(raw: raw, path: directory)
  }

  static func options(
    _ kind: RegionKind, _ capacity: Int, _ node: Int?, _ hugePages: Bool
  ) -> tickring_options {
    var options = tickring_options()
    options.kind = kind.rawValue
    options.capacity = UInt64(max(0, capacity))
    options.node_plus_1 = node.map { $0 < 0 ? -1 : 1 + Int32(min($0, Int(Int32.max) - 1)) } ?? 0
    options.pages = (hugePages ? TICKRING_PAGES_HUGE : TICKRING_PAGES_USUAL).rawValue
    return options
  }

  /// Attaches an existing region, after checking its file and every field of its header.
  ///
  /// - Parameter sameBuild: refuse a region made by another build (`.build`), as the processes of
  ///   one product should. A mixed layout is refused always.
  /// - Parameter untouched: do not map its pages ahead, which takes about a millisecond for each
  ///   4 MiB: for whoever looks at little of it, or only duplicates it.
  public static func attach(
    _ kind: RegionKind, directory: String = defaultDirectory, name: String,
    sameBuild: Bool = false, untouched: Bool = false
  ) throws(RingError) -> Region {
    var raw = tickring_region()
    let attach = untouched ? tickring_attach_untouched : tickring_attach
    let code = attach(directory, name, kind.rawValue, &raw)
    let path = "\(directory)/\(name)"
    guard code == 0 else { throw RingError(code: code, path: path) }
    let region = Region(raw: raw, path: path)
    if sameBuild, !region.isSameBuild { throw RingError(kind: .build, path: path) }
    return region
  }

  /// Attaches for reading only, as whoever merely watches should: such a region can change nothing,
  /// and no role can be claimed through it.
  public static func attachReader(
    _ kind: RegionKind, directory: String = defaultDirectory, name: String
  ) throws(RingError) -> Region {
    var raw = tickring_region()
    let code = tickring_attach_reader(directory, name, kind.rawValue, &raw)
    let path = "\(directory)/\(name)"
    guard code == 0 else { throw RingError(code: code, path: path) }
    return Region(raw: raw, path: path)
  }

  /// A second attachment of the same memory, even if its name is gone.
  ///
  /// - Parameter untouched: as in `attach`.
  public borrowing func duplicate(untouched: Bool = false) throws(RingError) -> Region {
    var from = raw
    var copy = tickring_region()
    let duplicate = untouched ? tickring_duplicate_untouched : tickring_duplicate
    let code = duplicate(&from, &copy)
    guard code == 0 else { throw RingError(code: code, path: path) }
    return Region(raw: copy, path: path)
  }

  /// Removes a name; those attached keep the memory.
  public static func remove(
    directory: String = defaultDirectory, name: String
  ) throws(RingError) {
    let code = tickring_remove(directory, name)
    guard code == 0 else { throw RingError(code: code, path: "\(directory)/\(name)") }
  }

  /// Whether the region was made by this build of the library: its version and layout.
  public var isSameBuild: Bool {
    var region = raw
    return tickring_same_build(&region, 0)
  }

  /// Asks the kernel once more whether the memory lies as the region's maker asked for; throws
  /// `.nodeMemory` or `.hugePages` if it does not.
  public borrowing func checkPlacement() throws(RingError) {
    var region = raw
    let code = tickring_check_place(&region)
    guard code == 0 else { throw RingError(code: code, path: path) }
  }

  /// Slots.
  public var capacity: Int { Int(raw.capacity) }
  /// Bytes, header included.
  public var byteCount: Int { Int(raw.bytes) }

  /// The body's words, for the kinds whose layout TickRing itself defines.
  @usableFromInline var words: UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(raw.body).assumingMemoryBound(to: UInt64.self)
  }

  /// Refuses a region of another kind, whose slots would be of another size.
  borrowing func require(_ kind: RegionKind) throws(RingError) {
    guard raw.kind == kind.rawValue else { throw RingError(kind: .kind, path: path) }
  }

  /// The memory behind the header: `capacity` times the kind's bytes.
  ///
  /// - Safety: valid as long as the attachment; a truncated file behind it faults.
  @unsafe public var memory: UnsafeMutableRawPointer { UnsafeMutableRawPointer(words) }

  /// Claims the one writer's role of a region that is not a ring; the kernel frees it when the
  /// process dies. Throws, naming its pid, if another has it.
  public mutating func claimWriter(_ kind: RegionKind) throws(RingError) {
    try require(kind)
    var owner: UInt64 = 0
    let code = tickring_claim_role(&raw, TICKRING_PRODUCER, &owner)
    guard code == 0 else { throw RingError(code: code, path: path, ownerPid: owner) }
  }

  /// The raw region, given away: what remains detaches nothing.
  mutating func take() -> tickring_region {
    let taken = raw
    raw = tickring_region()
    raw.fd = -1
    return taken
  }
}

/// How a ring's region becomes one of its ends, which keeps the attachment from then on. Throws,
/// naming its pid, if another has the role.
extension Region {
  mutating func open(
    _ kind: RegionKind, _ producer: inout tickring_producer
  ) throws(RingError) {
    try open(kind, &producer, tickring_producer_open)
  }

  mutating func open(
    _ kind: RegionKind, _ consumer: inout tickring_consumer
  ) throws(RingError) {
    try open(kind, &consumer, tickring_consumer_open)
  }

  mutating func open(_ kind: RegionKind, _ writer: inout tickring_writer) throws(RingError) {
    try open(kind, &writer, tickring_writer_open)
  }

  private mutating func open<End>(
    _ kind: RegionKind, _ end: inout End,
    _ open: (
      UnsafeMutablePointer<tickring_region>, UnsafeMutablePointer<End>,
      UnsafeMutablePointer<UInt64>
    ) -> Int32
  ) throws(RingError) {
    try require(kind)
    let path = path
    var from = take()
    var owner: UInt64 = 0
    let code = open(&from, &end, &owner)
    guard code == 0 else { throw RingError(code: code, path: path, ownerPid: owner) }
  }
}
