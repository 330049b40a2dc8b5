import TickEngine

/// A plan for people.
struct PlanText {
  private let plan: NodePlan

  init(_ plan: NodePlan) { self.plan = plan }

  var text: String {
    ([head] + plan.configuration.sets.indices.map(set) + [memory]).joined(separator: "\n")
  }

  private var head: String {
    let configuration = plan.configuration
    var rows = [
      ["instance", configuration.instance],
      ["configuration", plan.hash.text],
      ["build", String(plan.buildHash, radix: 16)],
      ["cores", "\(plan.machine.text); NUMA nodes: \(nodes)"],
      ["pinning", pinning],
      ["rings", configuration.directories.rings],
      ["state", configuration.directories.state],
      ["reports", configuration.directories.reports ?? "none"],
      ["limits", configuration.risk.limits == nil ? "the simulation's" : "given"],
      ["password", password],
    ]
    if let account = configuration.account { rows.append(["account", account]) }
    return Columns.aligned(rows) + "\n"
  }

  private var nodes: String { plan.machine.nodes.map(String.init).joined(separator: ", ") }

  private var pinning: String {
    if plan.placement.choseCores { return "a core for each role, chosen here" }
    let pinned = plan.placement.roles.filter { $0.core != nil }.count
    if pinned > 0 { return "as configured" }
    return "none: \(plan.placement.roles.count) roles, and \(plan.machine.allowed.count) cores"
  }

  private var password: String {
    switch plan.configuration.venue.password {
    case .environment(let name): "from the environment variable \(name)"
    case .file(let path): "from the file \(path)"
    case nil: "none"
    }
  }

  private func set(_ index: Int) -> String {
    let roles = plan.placement.roles(ofSet: index)
    var rows = [["role", "core", "node", "waiting"]]
    for role in roles {
      rows.append([
        role.name, role.core.map(String.init) ?? "-", role.node.map(String.init) ?? "-",
        role.reason,
      ])
    }
    var text = "set \(index): \(plan.configuration.instanceName(set: index))\n"
    text += Columns.aligned(rows) + "\n\n"
    for command in plan.commands where command.set == index {
      let variables = command.environment.map { "\($0)=… " }.joined()
      text += variables + "tickway " + command.arguments.map(PlanText.quoted).joined(separator: " ")
      text += "\n"
    }
    return text
  }

  /// As a shell takes it.
  private static func quoted(_ argument: String) -> String {
    let isPlain = argument.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x2B...0x3A).contains(byte)
        || byte == 0x5F || byte == 0x3D || byte == 0x40
    }
    guard !isPlain || argument.isEmpty else { return argument }
    return "'"
      + argument.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }

  private var memory: String {
    var rows = [["region or table", "node", "bytes", ""]]
    for region in plan.regions {
      let crossing = region.writerNode.map { "written on node \($0): crosses nodes" } ?? ""
      rows.append([
        region.name, region.node.map(String.init) ?? "-", PlanText.grouped(region.byteCount),
        crossing,
      ])
    }
    for table in plan.tables {
      let owner = plan.configuration.instanceName(set: table.set)
      rows.append([
        "\(owner) \(table.role): \(table.user)", table.node.map(String.init) ?? "-",
        PlanText.grouped(table.byteCount), "",
      ])
    }
    for sum in plan.byteCounts {
      rows.append([
        "sum", sum.node.map(String.init) ?? "-", PlanText.grouped(sum.regions + sum.tables),
        "regions \(PlanText.grouped(sum.regions)), tables \(PlanText.grouped(sum.tables))",
      ])
    }
    let (regions, tables) = plan.byteCounts.reduce((0, 0)) { ($0.0 + $1.regions, $0.1 + $1.tables) }
    rows.append([
      "in all", "", PlanText.grouped(regions + tables),
      "regions \(PlanText.grouped(regions)), tables \(PlanText.grouped(tables))",
    ])
    return Columns.aligned(rows) + "\n"
  }

  /// 1,234,567.
  private static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
      place -= 3
    }
    return digits
  }
}
