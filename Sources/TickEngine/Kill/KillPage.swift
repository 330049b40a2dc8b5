import CLinux
import TickRing

/// The kill switch of one instance, in shared memory: `tickway.<instance>.gate`, 64-byte lines, two
/// apart where different sides write. The file outlives the sender; the state directory outlives
/// the file.
///
/// | line | words | written by |
/// |--:|---|---|
/// | 0 | the gate; the layout of this page | any side, by compare and exchange |
/// | 2 | the gate word last acknowledged; when, CLOCK_MONOTONIC ns | the sender |
/// | 4 | as one: pid, start time, socket, its number and inode, generation taken | the sender |
/// | 6 | as one: what it tells of itself | the sender |
/// | 8 | operator's heartbeat; dead-man limit: CLOCK_MONOTONIC ns | the operator's side |
/// | 10 | what a person asks of the risk states | who asks, the sender: by compare and exchange |
/// | 12 | messages of a trading day; its number, plus 1 | the sender |
/// | 16… | path of the state directory that the sender obeys | the sender, at start |
/// | 34…37 | as one each: what became of what was asked, by its number | the sender |
/// | 40…51 | how many orders had counted in the rate when: `RateTrail` | the sender |
///
/// Failure: whatever is not as it should be reads as shut. Thread safety: any thread, any process.
public struct KillPage: ~Copyable, @unchecked Sendable {
  /// 64-byte lines.
  public static let capacity = 64
  /// Changes with every change of the table above, but for lines that nobody used before.
  private static let layout: UInt64 = 0x544B_4741_5445_0003

  @usableFromInline static var gateLine: Int { 0 }
  @usableFromInline static var acknowledgementLine: Int { 2 }
  static let senderLine = 4
  static let toldLine = 6
  private static let watchLine = 8
  static let messagesLine = 12
  private static let pathLine = 16
  private static let pathBytesMax = 1_024

  @usableFromInline let lines: SharedLines

  /// The region's name; throws unless the instance's can be in one.
  public static func regionName(_ instance: String) throws(KillError) -> String {
    guard InstanceName.isValid(instance) else { throw .instanceName(instance) }
    return "tickway.\(instance).gate"
  }

  /// For whoever shuts or arms: attaches what is there.
  public static func attach(
    _ instance: String, ringDirectory: String
  ) throws(KillError) -> KillPage {
    let name = try regionName(instance)
    let lines = try told { () throws(RingError) in
      let region = try Region.attach(.gate, directory: ringDirectory, name: name)
      // A file that someone shortens reads as zeros: shut.
      try region.guardAgainstTruncation()
      return try SharedLines(region, .gate)
    }
    return try KillPage(lines, isWritable: true)
  }

  /// For whoever only looks.
  public static func observe(
    _ instance: String, ringDirectory: String
  ) throws(KillError) -> KillPage {
    let name = try regionName(instance)
    let lines = try told { () throws(RingError) in
      let region = try Region.attachReader(.gate, directory: ringDirectory, name: name)
      try region.guardAgainstTruncation()
      return try SharedLines(region, .gate)
    }
    return try KillPage(lines, isWritable: false)
  }

  /// For the sender: attaches, or makes the region, and claims its one writer's role.
  static func claim(_ instance: String, ringDirectory: String) throws(KillError) -> KillPage {
    let name = try regionName(instance)
    let lines = try told { () throws(RingError) in
      let region = try open(name, ringDirectory)
      try region.guardAgainstTruncation()
      return try SharedLines(claiming: region, .gate)
    }
    return try KillPage(lines, isWritable: true)
  }

  /// Without a name: for a simulation that no one outside is to stop.
  static func unnamed(directory: String = Region.defaultDirectory) throws(KillError) -> KillPage {
    let lines = try told { () throws(RingError) in
      let region = try Region.createUnnamed(.gate, directory: directory, capacity: capacity)
      return try SharedLines(claiming: region, .gate)
    }
    return try KillPage(lines, isWritable: true)
  }

  private static func open(_ name: String, _ directory: String) throws(RingError) -> Region {
    do throws(RingError) {
      return try Region.create(.gate, directory: directory, name: name, capacity: capacity)
    } catch {
      guard error.kind == .exists else { throw error }
      return try Region.attach(.gate, directory: directory, name: name)
    }
  }

  private static func told(
    _ body: () throws(RingError) -> SharedLines
  ) throws(KillError) -> SharedLines {
    do throws(RingError) { return try body() } catch { throw KillError(error) }
  }

  private init(_ lines: consuming SharedLines, isWritable: Bool) throws(KillError) {
    let path = lines.path
    guard lines.count >= KillPage.capacity else { throw KillPage.anotherBuild(path) }
    var layout = lines.load(KillPage.gateLine, 1)
    if layout == 0, isWritable {
      _ = lines.exchange(KillPage.gateLine, 1, expected: 0, KillPage.layout)
      layout = lines.load(KillPage.gateLine, 1)
    }
    guard layout == KillPage.layout || (layout == 0 && !isWritable) else {
      // Shut it all the same: in every layout the gate is this word, and this value opens none.
      if isWritable {
        lines.release(KillPage.gateLine, 0, GateWord(shut: .unknown, at: clinux_realtime_ns()).raw)
      }
      throw KillPage.anotherBuild(path)
    }
    self.lines = lines
  }

  private static func anotherBuild(_ path: String) -> KillError {
    .unusable("\(path): not a gate that this build can use; stop what uses it, then remove it")
  }

  // MARK: The gate

  /// Pairs with whoever changes it: what was persisted before an arming is seen after this.
  @inlinable @inline(__always)
  public var gate: GateWord { GateWord(raw: lines.acquire(KillPage.gateLine, 0)) }

  /// Shuts the gate, whatever it is; the word that it now has. Waits for nobody.
  ///
  /// - Parameter time_ns: CLOCK_REALTIME, or the decision time of a replay.
  @discardableResult
  public borrowing func shut(_ reason: TripReason, at time_ns: UInt64) -> GateWord {
    var found = gate
    // Another try for each other change of the word in the same instant: there are few.
    for _ in 0..<1_000 {
      let next = found.tripped(reason, at: time_ns)
      let was = lines.exchange(KillPage.gateLine, 0, expected: found.raw, next.raw)
      if was == found.raw { return next }
      found = GateWord(raw: was)
    }
    let last = GateWord(shut: reason, at: time_ns)
    lines.release(KillPage.gateLine, 0, last.raw)
    return last
  }

  /// Opens the gate for a generation, unless anything has shut it (again) since `observed`.
  public borrowing func open(_ generation: UInt64, from observed: GateWord) -> Bool {
    precondition(generation > 0 && generation <= GateWord.generationMax, "no generation")
    let was = lines.exchange(KillPage.gateLine, 0, expected: observed.raw, generation)
    return was == observed.raw
  }

  // MARK: The dead man's words

  /// The operator's last heartbeat, CLOCK_MONOTONIC ns, and the silence after which the sender
  /// shuts the gate; limit 0: never.
  public var watch: (beat_ns: UInt64, limit_ns: UInt64) {
    let limit_ns = lines.acquire(KillPage.watchLine, 1)
    return (lines.load(KillPage.watchLine, 0), limit_ns)
  }

  /// One heartbeat; a new limit takes effect after it.
  public borrowing func beat(monotonic_ns: UInt64, limit_ns: UInt64? = nil) {
    lines.release(KillPage.watchLine, 0, monotonic_ns)
    if let limit_ns { lines.release(KillPage.watchLine, 1, limit_ns) }
  }

  // MARK: The state directory

  /// The state directory that the sender obeys; nil: it never said, or no path stands there.
  public borrowing func stateDirectory() -> String? {
    let length = Int(clamping: lines.acquire(KillPage.pathLine, 0))
    guard length > 0, length <= KillPage.pathBytesMax else { return nil }
    var bytes: [UInt8] = []
    for index in 0..<length {
      let word = lines.load(KillPage.pathLine + 1 + index / 64, index / 8 % 8)
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(index % 8 * 8)))
    }
    guard bytes.first == UInt8(ascii: "/"), !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Written once a sender; a path that is too long is not told.
  borrowing func publish(stateDirectory: String) {
    let bytes = Array(stateDirectory.utf8)
    lines.release(KillPage.pathLine, 0, 0)
    guard bytes.count <= KillPage.pathBytesMax else { return }
    for start in stride(from: 0, to: bytes.count, by: 8) {
      var word: UInt64 = 0
      for index in start..<min(start + 8, bytes.count) {
        word |= UInt64(bytes[index]) << UInt64(index % 8 * 8)
      }
      lines.store(KillPage.pathLine + 1 + start / 64, start / 8 % 8, word)
    }
    lines.release(KillPage.pathLine, 0, UInt64(bytes.count))
  }

  /// The region's file.
  public var path: String { lines.path }
}
