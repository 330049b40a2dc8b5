import Foundation
import Glibc

/// Why a change did not get into the state directory.
public struct StateFailure: Error, Equatable, CustomStringConvertible {
  /// What a caller does differently.
  public enum Kind: Equatable, Sendable {
    /// Somebody else changed it since it was read.
    case changedMeanwhile
    case absent, permission, full, other
  }
  public let kind: Kind
  public let description: String
}

/// Where trips survive everything: `<instance>.state.<number>`, one file a change, of which the
/// highest number rules, and `<instance>.log` with a line for each. Beside them `<instance>.run`,
/// the sender that runs, and `<instance>.day`, how the risk states of the last trading day stand.
///
/// A change is written whole under a hidden name, synchronised, and linked to the next number,
/// which succeeds for one writer only: a compare and exchange without a lock that a stopped process
/// could hold for ever. Whatever is not whole is tripped, an empty file too; so a trip that finds
/// no room for its record leaves an empty one, or at last removes the armed one.
///
/// Thread safety: any number of threads and processes.
public struct StateDirectory: Sendable {
  public let path: String
  /// For whom root writes; nil: for whoever's directory it is.
  let owner: UInt32?
  /// A record is shorter.
  static let recordBytesMax = 65_536
  /// Changes that may come in between while one trip is written.
  private static let triesMax = 100

  /// - Parameter owner: whose rights root has when it writes, so that a path which others chose can
  ///   do no more than they could, and they can go on with what was written.
  public init(path: String, owner: UInt32? = nil) {
    self.path = path
    self.owner = owner
  }

  /// `/var/lib/tickway` for root; else `$XDG_STATE_HOME/tickway`, `~/.local/state/tickway`.
  public static var standardPath: String {
    if geteuid() == 0 { return "/var/lib/tickway" }
    let environment = ProcessInfo.processInfo.environment
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/tickway" }
    return "\(environment["HOME"] ?? NSHomeDirectory())/.local/state/tickway"
  }

  // MARK: Reading

  /// What it says of an instance. Never throws: what cannot be read is not armed.
  public func standing(of instance: String) -> GateStanding {
    let names: [String]
    do { names = try self.names() } catch {
      return error.kind == .absent ? GateStanding() : GateStanding(problem: error.description)
    }
    guard let number = names.compactMap({ Self.number(of: $0, instance) }).max() else {
      return GateStanding()
    }
    let file = file(instance, number)
    guard let bytes = Self.read(file), bytes.count <= Self.recordBytesMax,
      let record = try? JSONDecoder().decode(GateRecord.self, from: bytes)
    else { return GateStanding(number: number, problem: "\(file) holds no whole record") }
    guard record.format == GateRecord.format, record.instance == instance,
      record.generation == number
    else { return GateStanding(number: number, problem: "\(file) is of another instance or build") }
    return GateStanding(record: record, number: number)
  }

  /// Every instance that it knows anything of.
  public func instances() -> [String] {
    let names = (try? self.names()) ?? []
    let known = names.compactMap { name -> String? in
      if name.hasSuffix(".run") { return String(name.dropLast(4)) }
      guard let dot = name.lastIndex(of: "."), name[..<dot].hasSuffix(".state") else { return nil }
      let instance = String(name[..<dot].dropLast(6))
      return Self.number(of: name, instance) == nil ? nil : instance
    }
    return Set(known).filter(InstanceName.isValid).sorted()
  }

  /// The sender that said last that it runs; nil: none did since the machine was booted.
  public func run(of instance: String) -> SenderRun? {
    guard let bytes = Self.read("\(path)/\(instance).run"),
      let run = try? JSONDecoder().decode(SenderRun.self, from: bytes),
      run.pid > 0, run.boot_id == SenderRun.currentBoot
    else { return nil }
    return run
  }

  private func file(_ instance: String, _ number: UInt64) -> String {
    "\(path)/\(instance).state.\(number)"
  }

  /// The number of a state file of this instance; nil: it is something else.
  private static func number(of name: String, _ instance: String) -> UInt64? {
    let prefix = "\(instance).state."
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.dropFirst(prefix.count)
    guard let first = digits.utf8.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first),
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    // A number that cannot be counted on is the highest there is: nothing follows it.
    return min(UInt64(digits) ?? .max, GateWord.generationMax)
  }

  // MARK: Changing

  /// Arms: the record of the next generation, if nothing was changed since `standing` was read.
  public func arm(
    _ instance: String, from standing: GateStanding, who: String, reason: String,
    deadManSeconds: Double?, time_ns: UInt64
  ) throws(StateFailure) -> GateRecord {
    guard standing.number < GateWord.generationMax else {
      throw StateFailure(
        kind: .other, description: "\(file(instance, standing.number)): no number follows this one")
    }
    let record = GateRecord(
      instance: instance, state: .armed, generation: standing.number + 1, code: "armed", who: who,
      reason: reason, time_ns: time_ns, deadManSeconds: deadManSeconds)
    try makeDirectory()
    return try asOwner { () throws(StateFailure) in
      try link(record)
      settle(record)
      return record
    }
  }

  /// Trips, whatever it was, and returns once that is on disk. Of an instance that is tripped
  /// already the first record stays, and the log gets a line.
  public func trip(
    _ instance: String, _ code: TripReason, who: String, reason: String, time_ns: UInt64
  ) throws(StateFailure) -> GateRecord {
    try makeDirectory()
    return try asOwner { () throws(StateFailure) in
      try tripAtOnce(instance, code, who: who, reason: reason, time_ns: time_ns)
    }
  }

  private func tripAtOnce(
    _ instance: String, _ code: TripReason, who: String, reason: String, time_ns: UInt64
  ) throws(StateFailure) -> GateRecord {
    var lastFailure = StateFailure(kind: .other, description: "\(path) changes all the time")
    for _ in 0..<Self.triesMax {
      let standing = standing(of: instance)
      let record = GateRecord(
        instance: instance, state: .tripped,
        generation: min(standing.number + 1, GateWord.generationMax), code: code.name, who: who,
        reason: reason, time_ns: time_ns, deadManSeconds: standing.record?.dead_man_seconds)
      if standing.problem == nil, let last = standing.record, last.state == .tripped {
        log(record)
        try synchronise()
        return last
      }
      do throws(StateFailure) {
        try link(record)
        settle(record)
        return record
      } catch {
        lastFailure = error
        if error.kind == .changedMeanwhile { continue }
        if disarm(instance, standing.number) {
          log(record)
          return record
        }
        throw error
      }
    }
    throw lastFailure
  }

  /// Where no record can be written: an empty one, which is tripped; else none, which is, too.
  private func disarm(_ instance: String, _ number: UInt64) -> Bool {
    let next = file(instance, number + 1)
    let descriptor = unsafe open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    if descriptor >= 0 {
      close(descriptor)
      return (try? synchronise()) != nil
    }
    for older in (try? names())?.compactMap({ Self.number(of: $0, instance) }) ?? [] {
      guard unsafe unlink(file(instance, older)) == 0 else { return false }
    }
    return number > 0 && (try? synchronise()) != nil
  }

  /// What a sender says of itself at its start; replaced whole.
  func write(_ run: SenderRun, for instance: String) throws(StateFailure) {
    try makeDirectory()
    let hidden = try writeHidden(run, instance)
    guard unsafe rename(hidden, "\(path)/\(instance).run") == 0 else {
      throw failed("\(path)/\(instance).run", removing: hidden)
    }
  }

  /// What a day leaves when its sender ends in order; replaced whole.
  func write(_ day: DayRecord) throws(StateFailure) {
    try makeDirectory()
    try asOwner { () throws(StateFailure) in
      let hidden = try writeHidden(day, day.instance)
      let file = dayFile(day.instance)
      guard unsafe rename(hidden, file) == 0 else { throw failed(file, removing: hidden) }
      try synchronise()
    }
  }

  /// What an orderly end left of its day; nil: there was none.
  ///
  /// - Parameter now: ns since the Unix epoch.
  /// - Throws: what keeps it from being read: nobody knows then how the day stands.
  func day(of instance: String, before now: UInt64) throws -> DayRecord? {
    let file = dayFile(instance)
    guard let bytes = Self.read(file) else {
      if errno == ENOENT { return nil }
      throw failed(file)
    }
    return try DayRecord(bytes, of: instance, path: file, before: now)
  }

  /// Strategies that are off until a person says otherwise (RM9); replaced whole.
  func write(_ off: StrategiesOff, for instance: String) throws(StateFailure) {
    try makeDirectory()
    try asOwner { () throws(StateFailure) in
      let hidden = try writeHidden(off, instance)
      let file = offFile(instance)
      guard unsafe rename(hidden, file) == 0 else { throw failed(file, removing: hidden) }
      try synchronise()
    }
  }

  /// Strategies that were left off: bit n - 1 is strategy n. All of them, if that cannot be read.
  func strategiesOff(of instance: String) -> UInt64 {
    guard let bytes = Self.read(offFile(instance)) else { return errno == ENOENT ? 0 : .max }
    return (try? JSONDecoder().decode(StrategiesOff.self, from: bytes))?.bits ?? .max
  }

  private func offFile(_ instance: String) -> String { "\(path)/\(instance).off" }

  private func dayFile(_ instance: String) -> String { "\(path)/\(instance).day" }

  /// A sender's run has ended.
  func removeRun(of instance: String, pid: Int32) {
    if run(of: instance)?.pid == pid { _ = unsafe unlink("\(path)/\(instance).run") }
  }

  private func link(_ record: GateRecord) throws(StateFailure) {
    let target = file(record.instance, record.generation)
    let hidden = try writeHidden(record, record.instance)
    guard unsafe Glibc.link(hidden, target) == 0 else { throw failed(target, removing: hidden) }
    _ = unsafe unlink(hidden)
    try synchronise()
  }

  /// The log, and the files of older changes: neither decides anything.
  private func settle(_ record: GateRecord) {
    log(record)
    for name in (try? names()) ?? [] {
      guard let number = Self.number(of: name, record.instance), number < record.generation else {
        continue
      }
      _ = unsafe unlink(file(record.instance, number))
    }
  }

  private func log(_ record: GateRecord) { try? appendLine(record, of: record.instance) }

  /// A line of the log: what a person asked of a running sender, on disk when it returns.
  func log(_ request: RiskRequestRecord) throws(StateFailure) {
    try makeDirectory()
    try asOwner { () throws(StateFailure) in try appendLine(request, of: request.instance) }
  }
}
