/// Whether multicast can come in: interfaces, routes, filters, and the room for bursts.
enum NetworkCheck {
  private static let up = 0x1
  private static let loopback = 0x8
  private static let multicast = 0x1000

  static func findings(_ files: MachineFiles) -> [MachineFinding] {
    guard let interfaces = files.names(in: "/sys/class/net") else {
      return [
        .unknown("multicast", "interfaces cannot be listed", remedy: "ip link"), buffer(files),
      ]
    }
    let able = interfaces.filter { name in
      guard let flags = flags(files, name) else { return false }
      let isUp = ["up", "unknown"].contains(files.line("/sys/class/net/\(name)/operstate"))
      return flags & up != 0 && flags & multicast != 0 && flags & loopback == 0 && isUp
    }
    return [reception(able), route(files, able), filter(files, able), buffer(files)]
  }

  /// As netdevice(7) numbers them.
  private static func flags(_ files: MachineFiles, _ interface: String) -> Int? {
    files.line("/sys/class/net/\(interface)/flags").flatMap { text in
      text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : nil
    }
  }

  private static func reception(_ able: [String]) -> MachineFinding {
    guard able.isEmpty else {
      return .ok("multicast", "can come in on \(able.joined(separator: ", "))")
    }
    return .warning(
      "multicast", "no interface but loopback is up and takes multicast",
      cost: "no live feed can come in from outside",
      remedy: "ip link set dev IF up multicast on")
  }

  /// Of 0.0.0.0/0 or 224.0.0.0/4 (/proc/net/route: hexadecimal, the first byte last).
  private static func route(_ files: MachineFiles, _ able: [String]) -> MachineFinding {
    guard let lines = files.lines("/proc/net/route"), lines.first?.contains("Iface") == true else {
      return .unknown("multicast route", "routes cannot be read", remedy: "ip route get 239.1.1.1")
    }
    let routes = lines.dropFirst().map { $0.split(whereSeparator: { $0 == "\t" || $0 == " " }) }
    let taken = routes.first { $0.count > 7 && $0[1] == "000000E0" && $0[7] == "000000F0" }
    let chosen =
      taken ?? routes.first { $0.count > 7 && $0[1] == "00000000" && $0[7] == "00000000" }
    if let chosen {
      return .ok(
        "multicast route", "groups are joined on \(chosen[0]), unless --interface says else")
    }
    return .warning(
      "multicast route", "none: a group is joined nowhere unless --interface says where",
      cost: "a feed without --interface is refused at start",
      remedy: "ip route add 224.0.0.0/4 dev \(able.first ?? "IF"), or --interface IF")
  }

  /// The stricter of the two settings counts (ip-sysctl).
  private static func filter(_ files: MachineFiles, _ able: [String]) -> MachineFinding {
    let place = "/proc/sys/net/ipv4/conf"
    let all = files.number("\(place)/all/rp_filter")
    let own = able.map { files.number("\(place)/\($0)/rp_filter") }
    guard let all, !own.contains(nil) else {
      return .unknown(
        "reverse path filter", "the kernel does not say whether it filters by source",
        remedy: "sysctl -a | grep rp_filter")
    }
    let strict = zip(able, own).filter { max(all, $0.1 ?? 0) == 1 }.map(\.0)
    guard !strict.isEmpty else {
      return .ok("reverse path filter", "does not drop what comes by another way than it would go")
    }
    let names = ["all"] + strict
    return .warning(
      "reverse path filter", "strict on \(strict.joined(separator: ", "))",
      cost:
        "multicast is dropped, and counted nowhere, whose sender is routed by another interface",
      remedy: "sysctl -w" + names.map { " net.ipv4.conf.\($0).rp_filter=2" }.joined())
  }

  private static func buffer(_ files: MachineFiles) -> MachineFinding {
    let wanted = ReceiveOptions().bufferBytes
    let path = "net.core.rmem_max"
    guard let most = files.number("/proc/sys/net/core/rmem_max"), most > 0 else {
      return .unknown(
        "receive buffer", "the kernel does not say how much it grants", remedy: "sysctl \(path)")
    }
    guard most < wanted else { return .ok("receive buffer", "\(most >> 10) KiB are granted") }
    return .warning(
      "receive buffer", "\(most >> 10) KiB at most, and a line asks for \(wanted >> 10) KiB",
      cost: "a burst, or a pause of the ingester, is lost sooner (root gets it in full)",
      remedy: "sysctl -w \(path)=\(wanted)")
  }
}
