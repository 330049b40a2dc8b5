import CLinux
import Foundation
import TickMetrics
import TickRing

/// Why an instance cannot be looked at.
public enum NodeObserverError: Error, CustomStringConvertible {
  /// Nothing of it is there.
  case absent(String)
  /// Its regions, or its table, are of another build.
  case anotherBuild(String)
  case region(RingError)

  public var description: String {
    switch self {
    case .absent(let text), .anotherBuild(let text): text
    case .region(let error): "\(error)"
    }
  }
}

/// Looks at an instance whose roles are processes from outside, and changes nothing: its regions
/// are mapped for reading, or read as files, and the kernel is asked who lives.
///
/// Nothing there is believed: each look takes a bounded time whatever the regions hold.
///
/// Thread safety: a value; any thread. Allocates.
public struct NodeObserver: Sendable {
  /// Ingester, sender, venue, and as many workers as a control page has room for.
  public static let rolesMax = 3 + ControlPage.workersMax

  public let instance: String
  public let regions: NodeRegions

  public init(instance: String, ringDirectory: String = Region.defaultDirectory) {
    self.instance = instance
    regions = NodeRegions(instance: instance, directory: ringDirectory)
  }

  public func look() throws(NodeObserverError) -> NodeLook {
    let table = try table()
    let name = regions.name("metrics")
    let info = try NodeObserver.told { () throws(RingError) in
      try RegionInfo(directory: regions.directory, name: name)
    }
    // Who is said to live first, and then who does: a successor is not taken for a death.
    let header = table.header
    let roles = min(header?.roles ?? 0, NodeObserver.rolesMax)
    let standings = (0..<roles).map { table.standing($0) }
    let rings = rings()
    let now = MonotonicClock.now
    return NodeLook(
      instance: instance, looked_ns: now, header: header,
      supervisor: NodeLook.Supervisor(pid: info.producer.pid, isAlive: info.producer.isAlive),
      table: info.instance,
      roles: (0..<roles).map { place in
        standings[place].map { role($0, place, table, rings, now) }
      }, rings: rings)
  }

  private func table() throws(NodeObserverError) -> RoleTableReader {
    let name = regions.name("metrics")
    let region = try NodeObserver.told { () throws(RingError) in
      try Region.attachReader(.metrics, directory: regions.directory, name: name)
    }
    guard region.isSameBuild else { throw .anotherBuild(otherBuild(name)) }
    do throws(RingError) { return try RoleTableReader(region) } catch { throw .region(error) }
  }

  private func otherBuild(_ name: String) -> String {
    let info = try? RegionInfo(directory: regions.directory, name: name)
    let theirs = String(info?.buildHash ?? 0, radix: 16)
    let own = String(RegionInfo.ownBuildHash, radix: 16)
    return "\(regions.path("metrics")) was made by build 0x\(theirs), and this is 0x\(own): use"
      + " the tickway that runs \(instance)"
  }

  private static func told<Value: ~Copyable>(
    _ body: () throws(RingError) -> Value
  ) throws(NodeObserverError) -> Value {
    do throws(RingError) { return try body() } catch {
      switch error.kind {
      case .absent: throw .absent("\(error)")
      case .build, .version, .layout: throw .anotherBuild("\(error)")
      default: throw .region(error)
      }
    }
  }

  private func role(
    _ standing: RoleStanding, _ place: Int, _ table: borrowing RoleTableReader,
    _ rings: [NodeLook.Ring], _ now: UInt64
  ) -> NodeLook.Role {
    let beat_ns = table.heartbeat_ns(place)
    let silence_ns = beat_ns == 0 ? nil : now - min(beat_ns, now)
    return NodeLook.Role(
      standing: standing, life: NodeObserver.life(standing, silence_ns, rings),
      silence_ns: silence_ns,
      counters: RoleCounter.allCases.map { table.counter($0, place) },
      histograms: standing.kind.stages.indices.map { table.histogram($0, place) })
  }

  /// The rings of a plan that are there, by name.
  private func rings() -> [NodeLook.Ring] {
    let prefix = "\(regions.prefix)."
    let suffixes = NodeObserver.names(in: regions.directory).compactMap { name -> String? in
      guard name.hasPrefix(prefix) else { return nil }
      let suffix = String(name.dropFirst(prefix.count))
      return NodeObserver.isRing(suffix) ? suffix : nil
    }
    return suffixes.sorted().compactMap { suffix in
      let info = try? RegionInfo(directory: regions.directory, name: regions.name(suffix))
      return info.map { NodeLook.Ring(suffix: suffix, info: $0) }
    }
  }

  /// `tap`, `ticks.0`, `orders.12`.
  private static func isRing(_ suffix: String) -> Bool {
    if suffix == "tap" { return true }
    let parts = suffix.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, ["ticks", "orders", "events"].contains(parts[0]),
      let number = Int(parts[1]), String(number) == parts[1]
    else { return false }
    return (0..<ControlPage.workersMax).contains(number)
  }
}

// MARK: Who lives

extension NodeObserver {
  /// A role lives while its process does, and, once it was ready, holds its ring: the pid may be
  /// another process's by now, the lock is the kernel's word.
  private static func life(
    _ standing: RoleStanding, _ silence_ns: UInt64?, _ rings: [NodeLook.Ring]
  ) -> NodeLook.Life {
    if standing.state == .absent { return .absent }
    let process = process(standing.pid)
    if standing.state == .dead || process == .gone { return .dead }
    if standing.state == .ready, holdsItsRing(standing, rings) == false { return .dead }
    if process == .stopped { return .stopped }
    switch standing.state {
    case .starting: return .starting
    case .ending: return .ending
    default: return (silence_ns ?? 0) > Heartbeat.silenceMax_ns ? .hung : .ready
    }
  }

  /// nil: there is no such ring.
  private static func holdsItsRing(_ standing: RoleStanding, _ rings: [NodeLook.Ring]) -> Bool? {
    func owner(_ suffix: String) -> RegionInfo? { rings.first { $0.suffix == suffix }?.info }
    return switch standing.kind {
    case .ingester: owner("ticks.0")?.producer.isAlive
    case .worker: owner("ticks.\(standing.number)")?.consumer.isAlive
    case .sender: owner("orders.0")?.consumer.isAlive
    case .venue: owner("tap")?.consumer.isAlive
    }
  }

  private static func process(_ pid: Int32) -> GateStatus.Life {
    var state = clinux_process_state()
    guard pid > 0, unsafe clinux_process_look(pid, &state) == 0 else { return .gone }
    return switch UInt8(bitPattern: state.state) {
    case UInt8(ascii: "Z"), UInt8(ascii: "X"): .gone
    case UInt8(ascii: "T"), UInt8(ascii: "t"): .stopped
    default: .running
    }
  }

  /// Instances that run: somebody is attached to their role table, or sends for them.
  public static func running(ringDirectory: String = Region.defaultDirectory) -> [String] {
    var found = Set<String>()
    for name in names(in: ringDirectory) where name.hasPrefix("tickway.") {
      guard let dot = name.lastIndex(of: "."),
        let info = try? RegionInfo(directory: ringDirectory, name: name)
      else { continue }
      let instance = String(name[..<dot].dropFirst(8))
      let lives =
        switch name[dot...] {
        case ".metrics": info.isAttached
        case ".gate": info.producer.isAlive
        default: false
        }
      if lives, InstanceName.isValid(instance) { found.insert(instance) }
    }
    return found.sorted()
  }

  private static func names(in directory: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
  }
}
