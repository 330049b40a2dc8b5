import TickEngine
import TickRing

/// How regions are shown.
enum RingText {
  static func table(_ regions: [RegionInfo]) -> String {
    var rows = [
      ["NAME", "KIND", "CAPACITY", "PRODUCER", "CONSUMER", "PUBLISHED", "LAG", "FULL", "STATE"]
    ]
    for region in regions {
      rows.append([
        region.name, region.kind?.name ?? "?", "\(region.capacity)", owner(region.producer),
        region.isQueue ? owner(region.consumer) : "-",
        region.isRing ? "\(region.published)" : "-", region.isQueue ? "\(region.lag)" : "-",
        region.isQueue ? "\(region.full)" : "-", state(region),
      ])
    }
    return Columns.aligned(rows)
  }

  static func details(_ region: RegionInfo) -> String {
    var rows = [
      ["region", "\(region.directory)/\(region.name)"],
      ["kind", region.kind?.name ?? "unknown"],
      ["state", state(region)],
      ["capacity", "\(region.capacity) slots of \(region.slotBytes) bytes"],
      ["file", "\(region.byteCount) bytes, mode \(octal(region.mode)), uid \(region.ownerUid)"],
      ["version", "\(region.version)"],
      ["layout", hex(region.layoutHash)],
      ["build", hex(region.buildHash) + (region.isSameBuild ? ", this one" : ", another")],
      ["placement", placement(region)],
      ["instance", hex(region.instance)],
      ["created", UtcTime(region.epoch).text],
      ["producer", longOwner(region.producer)],
    ]
    if region.isQueue { rows.append(["consumer", longOwner(region.consumer)]) }
    if region.isRing { rows.append(["published", "\(region.published)"]) }
    if region.isQueue {
      rows.append(["taken", "\(region.taken)"])
      rows.append(["lag", "\(region.lag)"])
      rows.append(["found full", "\(region.full) times"])
    }
    for finding in region.findings { rows.append(["finding", finding.text]) }
    return Columns.aligned(rows)
  }

  /// What happened between two looks.
  static func change(from last: RegionInfo, to info: RegionInfo, seconds: Double) -> String {
    guard last.instance == info.instance else { return "replaced: another region of this name" }
    var parts = [rate("published", last.published, info.published, seconds)]
    if info.isQueue {
      parts.append(rate("taken", last.taken, info.taken, seconds))
      parts.append("lag \(info.lag)")
      parts.append("full +\(info.full &- last.full)")
    }
    parts.append("producer \(owner(info.producer))")
    if info.isQueue { parts.append("consumer \(owner(info.consumer))") }
    return parts.joined(separator: "  ")
  }

  private static func rate(
    _ what: String, _ from: UInt64, _ to: UInt64, _ seconds: Double
  ) -> String {
    let perSecond = to >= from ? Double(to - from) / max(seconds, 1e-9) : 0
    return "\(what) \(to) (\(UInt64(min(perSecond, 1e18)))/s)"
  }

  private static func owner(_ owner: RegionInfo.Owner) -> String {
    if owner.generation == 0 && !owner.isAlive { return "none" }
    if !owner.isAlive { return "\(owner.pid) dead" }
    return owner.isSilent ? "\(owner.pid) hung \(seconds(owner))s" : "\(owner.pid)"
  }

  private static func seconds(_ owner: RegionInfo.Owner) -> UInt64 {
    (owner.silence_ns ?? 0) / 1_000_000_000
  }

  private static func longOwner(_ owner: RegionInfo.Owner) -> String {
    if owner.generation == 0 && !owner.isAlive { return "none so far" }
    return "pid \(owner.pid), \(life(owner)), generation \(owner.generation)"
  }

  private static func life(_ owner: RegionInfo.Owner) -> String {
    if !owner.isAlive { return "gone" }
    if owner.isSilent { return "alive, hung or paused for \(seconds(owner)) s" }
    guard let silence_ns = owner.silence_ns else { return "alive, without heartbeats" }
    return "alive, last beat \(silence_ns / 1_000_000) ms ago"
  }

  private static func placement(_ region: RegionInfo) -> String {
    let node = region.node.map { "node \($0)" } ?? "any node"
    let pages = region.hugePageBytes
    return pages == 0 ? "\(node), usual pages" : "\(node), huge pages of \(pages) bytes"
  }

  private static func state(_ region: RegionInfo) -> String {
    if let refusal = region.refusal {
      return refusal.kind == .version ? "other version" : "damaged"
    }
    if region.isAttached { return "in use" }
    return region.wasUsed ? "leftover" : "unused"
  }

  /// The kinds of regions, for help and for who asks for another.
  static var kinds: String {
    let names = RegionKind.all.map(\.name)
    return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
  }

  static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
  private static func octal(_ value: UInt32) -> String { "0" + String(value, radix: 8) }
}
