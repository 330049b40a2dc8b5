import TickRing
import TickWire

/// The file of `--decisions`: a header, a record for each decision, and an end. Little-endian.
///
/// Header: magic u64 @0, version u32 @8, its length in all u32 @12 (a multiple of 8), bytes of an
/// event u32 @16, bytes of its text u32 @20, check of the text u64 @24, text @32, zeros up to the
/// length. The text is a JSON object: the `limits` in force, by name, and the `config` of the run.
///
/// Record: kind u32 @0 (1: a decision, 2: the end), bytes of its content u32 @4, check u64 @8, and
/// the content @16: of a decision the instrument's symbol (8 bytes) and the `DecisionEvent`; of the
/// end how many decisions were recorded u64 @0, and how many were lost u64 @8, because the ring was
/// full. Nothing follows the end. A file without it is cut.
///
/// Check: of the 64-bit words, the one with kind and bytes first: `DecisionFile.check`.
enum DecisionFile {
  /// "tkwydcsn".
  static let magic: UInt64 = 0x6E73_6364_7977_6B74
  static let version: UInt32 = 1
  static let headerBytes = 32
  /// Longest header.
  static let headerBytesMax = 1 << 20
  static let recordHeadBytes = 16
  static let decisionBytes = 8 + DecisionEvent.byteCount
  static let endBytes = 16

  enum Kind: UInt32 {
    case decision = 1, end
  }

  /// Every change of one word changes it.
  struct Check {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ word: UInt64) {
      value = (value ^ word) &* 0xD6E8_FEB8_6659_FD93
      value ^= value >> 32
    }
  }

  static func head(_ kind: Kind, bytes: Int) -> UInt64 {
    UInt64(kind.rawValue) | UInt64(bytes) << 32
  }
}

/// What a file of decisions says of its run: so that it is explained without anything else.
public struct DecisionContext: Codable, Equatable, Sendable {
  /// By name, as in the limits file.
  public var limits: [String: Double] = [:]
  /// Venue, workers and the like, by name.
  public var config: [String: String] = [:]
  /// Names of the reference data's sectors, number 1 first; nil: not told, or the data may have
  /// been reloaded since, which numbers them anew.
  public var sectors: [String]?

  public init() {}

  /// The name of a sector, by its number; nil: it is not known.
  public func sector(_ number: UInt8) -> String? {
    guard let sectors, number > 0, Int(number) <= sectors.count else { return nil }
    return sectors[Int(number) - 1]
  }

  init(_ options: ReplayOptions) {
    let limits = options.limits ?? .simulation
    for field in RiskLimitField.all { self.limits[field.name] = field.value(of: limits) }
    config["limits"] = options.limits == nil ? "simulation" : "given"
    config["reference"] = options.reference == nil ? "simulation" : "given"
    if options.reloadReference == nil { sectors = (options.reference ?? .simulation).sectors }
    config["workers"] = "\(options.workers)"
    config["slow_venue"] = options.slowVenue.rawValue
    if let instance = options.instance { config["instance"] = instance }
    switch options.venue {
    case .builtin: config["venue"] = "builtin"
    case .none: config["venue"] = "none"
    case .address(let address):
      config["venue"] = address.text
      config["dialect"] = "\(address.dialect)"
    }
  }
}

/// Writes a file of decisions. Thread: the recorder's. Not for the hot path.
struct DecisionWriter: ~Copyable {
  let file: RecordingFile
  private(set) var recorded: UInt64 = 0

  init(_ file: RecordingFile, _ context: DecisionContext) throws {
    var text = Array(try JSONText.line(context).utf8)
    let textBytes = text.count
    while !text.count.isMultiple(of: 8) { text.append(0) }
    let length = DecisionFile.headerBytes + text.count
    precondition(length <= DecisionFile.headerBytesMax, "a context that no reader takes")
    var check = DecisionFile.Check()
    var words: [UInt64] = []
    for start in stride(from: 0, to: text.count, by: 8) {
      let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(text[start + $1]) << UInt64(8 * $1) }
      words.append(word)
      check.add(word)
    }
    try file.write(DecisionFile.magic.littleEndian)
    try file.write((UInt64(DecisionFile.version) | UInt64(length) << 32).littleEndian)
    try file.write((UInt64(DecisionEvent.byteCount) | UInt64(textBytes) << 32).littleEndian)
    try file.write(check.value.littleEndian)
    for word in words { try file.write(word.littleEndian) }
    self.file = file
  }

  /// - Parameter symbol: the instrument's 8 bytes.
  mutating func write(_ event: DecisionEvent, symbol: UInt64) throws(AtomicFile.Failure) {
    var check = DecisionFile.Check()
    let head = DecisionFile.head(.decision, bytes: DecisionFile.decisionBytes)
    check.add(head)
    check.add(symbol)
    unsafe withUnsafeBytes(of: event) { raw in
      for offset in stride(from: 0, to: DecisionEvent.byteCount, by: 8) {
        check.add(unsafe raw.load(fromByteOffset: offset, as: UInt64.self))
      }
    }
    try file.write(head.littleEndian)
    try file.write(check.value.littleEndian)
    try file.write(symbol)
    try file.write(event)
    recorded += 1
  }

  /// The end, behind which nothing comes.
  mutating func end(lost: UInt64) throws(AtomicFile.Failure) {
    var check = DecisionFile.Check()
    let head = DecisionFile.head(.end, bytes: DecisionFile.endBytes)
    for word in [head, recorded, lost] { check.add(word) }
    for word in [head, check.value, recorded, lost] { try file.write(word.littleEndian) }
  }
}
