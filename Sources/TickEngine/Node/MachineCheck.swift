import Foundation
import Glibc

/// What of a configuration cannot be on this machine: lines, cores, nodes, directories, files.
/// Looks, and changes nothing.
public struct MachineCheck {
  private let configuration: NodeConfiguration
  private let machine: MachineCores
  public private(set) var faults: [ConfigurationFault] = []

  /// - Parameter machine: the cores and nodes; interfaces and files are those of this one.
  public init(_ configuration: NodeConfiguration, _ machine: MachineCores) {
    self.configuration = configuration
    self.machine = machine
    checkLines()
    for index in configuration.sets.indices { checkSet(index) }
    checkWaiting()
    checkDirectories()
    checkPassword()
  }

  private mutating func fault(_ place: String, _ text: String) {
    faults.append(ConfigurationFault(place, text))
  }

  // MARK: Lines

  private mutating func checkLines() {
    let feed = configuration.feed
    for (place, line) in [("feed.line_a", feed.lineA), ("feed.line_b", feed.lineB)] {
      guard let line else { continue }
      do throws(ReceiveError) { try line.check(interface: feed.interface) } catch {
        if case .noSuchInterface(let name, let available) = error {
          let names = available.joined(separator: ", ")
          return fault(
            "feed.interface", "no interface or address \(name) here: there is \(names)")
        }
        fault(place, "\(error)")
      }
    }
  }

  // MARK: Cores and nodes

  private mutating func checkSet(_ index: Int) {
    let set = configuration.sets[index]
    let own = "sets[\(index)]"
    checkNode("\(own).node", set.node)
    for (name, place) in configuration.places where name.hasPrefix("\(own).") {
      check(place, name, set.node)
    }
    let isOpen = configuration.memory.binding != .off && machine.nodes.count > 1 && set.node == nil
    guard isOpen else { return }
    let cores = configuration.places.filter { $0.name.hasPrefix("\(own).") }.map(\.place.core)
    let nodes = Set(cores.map { core in core.flatMap { machine.node(of: $0) } })
    if nodes.count != 1 || nodes.contains(nil) {
      fault(
        own,
        "this machine has \(machine.nodes.count) NUMA nodes: give the set its node, or all of its"
          + " roles cores of one node")
    }
  }

  private mutating func checkNode(_ place: String, _ node: Int?) {
    guard let node, !machine.nodes.contains(node) else { return }
    let nodes = machine.nodes.map(String.init).joined(separator: ", ")
    fault(place, "no node \(node) here: there is \(nodes)")
  }

  private mutating func check(
    _ place: NodeConfiguration.Place, _ name: String, _ setNode: Int?
  ) {
    checkNode("\(name).node", place.node)
    guard let core = place.core else { return }
    guard machine.allowed.contains(core) else {
      return fault(
        "\(name).core", "no core \(core) here: this process may run on \(machine.text)")
    }
    guard let wanted = place.node ?? setNode, machine.nodes.contains(wanted) else { return }
    guard let node = machine.node(of: core), node != wanted else { return }
    fault(
      "\(name).core",
      "core \(core) is of node \(node), not \(wanted): take one of \(cores(of: wanted)), or give"
        + " the role `node: \(node)`, so that its rings cross nodes")
  }

  private func cores(of node: Int) -> String {
    let cores = machine.allowed.filter { machine.node(of: $0) == node }
    return cores.isEmpty ? "another node's" : KernelList.text(cores)
  }

  private mutating func checkWaiting() {
    let roles = NodePlacement(configuration, on: machine).roles
    if configuration.waiting == .spin, roles.count > machine.allowed.count {
      fault(
        "waiting",
        "\(roles.count) roles cannot spin on \(machine.allowed.count) cores, they would keep each"
          + " other from running: take auto, or share")
    }
    let isAlone = roles.allSatisfy { role in
      role.core != nil && !roles.contains { $0.core == role.core && $0 != role }
    }
    guard configuration.scheduling.realtimePriority > 0, !isAlone else { return }
    fault(
      "scheduling.realtime_priority",
      "needs a core of its own for each of the \(roles.count) roles, and \(machine.allowed.count)"
        + " may be used: give each its core, or take 0")
  }

  // MARK: Files

  private mutating func checkDirectories() {
    let directories = configuration.directories
    let rings = directories.rings
    if !MachineCheck.isDirectory(rings) {
      fault("directories.rings", "\(rings): no such directory")
    } else if unsafe access(rings, R_OK | W_OK | X_OK) != 0 {
      fault("directories.rings", "\(rings): you may not read and write there")
    }
    checkMakeable("directories.state", directories.state)
    if let reports = directories.reports { checkMakeable("directories.reports", reports) }
  }

  /// It is there and may be written to, or can be made.
  private mutating func checkMakeable(_ place: String, _ path: String) {
    var nearest = path
    while unsafe access(nearest, F_OK) != 0, nearest.count > 1 {
      nearest = URL(fileURLWithPath: nearest).deletingLastPathComponent().path
    }
    if !MachineCheck.isDirectory(nearest) {
      fault(place, "\(nearest): not a directory")
    } else if unsafe access(nearest, W_OK | X_OK) != 0 {
      fault(place, "\(path): you may not write to \(nearest): choose another, or make it yours")
    }
  }

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  /// Whether the secret can be had; a variable may be set later, by whoever starts.
  private mutating func checkPassword() {
    guard case .file = configuration.venue.password else { return }
    do throws(SecretFailure) { _ = try configuration.venue.password?.read([:]) } catch {
      fault("venue.password_file", "\(error)")
    }
  }
}
