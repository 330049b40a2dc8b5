import ArgumentParser
import Glibc
import TickRing

/// `tickway ring`: looks at the regions of shared memory, and tidies them.
struct RingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ring",
    abstract: "List, show, watch, create, remove and mend regions of shared memory.",
    subcommands: [
      List.self, Show.self, Watch.self, Create.self, Remove.self, Doctor.self,
    ])

  /// Where regions are.
  struct Place: ParsableArguments {
    @Option(
      name: .customLong("ring-dir"), help: "The directory of the regions.",
      completion: .directory)
    var directory = Region.defaultDirectory
  }

  /// Runs `body`; an error of the region becomes a sentence and an exit code.
  static func told<Value>(
    _ verb: String, _ body: () throws(RingError) -> Value
  ) throws -> Value {
    do throws(RingError) {
      return try body()
    } catch {
      let code: TickwayExit =
        switch error.kind {
        case .absent: .cannotOpenInput
        case .roleTaken: .busy
        case .notARegion, .version, .kind, .layout, .size, .build: .badData
        default: .inconsistent
        }
      if code != .inconsistent { throw Complaint.exit("ring \(verb)", "\(error)", code) }
      throw Complaint.exit("ring \(verb)", error)
    }
  }
}

extension RingCommand {
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "One line for each region: kind, capacity, owners, lag.")
    @OptionGroup var place: Place

    func run() throws {
      let survey = try told("list") { () throws(RingError) in
        try RegionInfo.survey(directory: place.directory)
      }
      print(RingText.table(survey.regions))
      for error in survey.unread { Complaint.note("not looked at: \(error)\n") }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Everything about one region: geometry, owners, positions, findings.")
    @OptionGroup var place: Place
    @Argument(help: "The region's name.") var name: String

    func run() throws {
      let info = try told("show") { () throws(RingError) in
        try RegionInfo(directory: place.directory, name: name)
      }
      print(RingText.details(info))
      guard info.refusal == nil else { throw ExitCode(TickwayExit.badData.rawValue) }
    }
  }

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a region, for processes that attach to it.")
    @OptionGroup var place: Place
    @Argument(help: "The region's name.") var name: String
    @Option(help: "\(RingText.kinds).") var kind = "ticks"
    @Option(help: "Slots: a power of two.") var capacity = 65_536
    @Option(help: "The NUMA node that its memory is bound to; verified page by page.")
    var node: Int?
    @Flag(help: "All of it in huge pages, or none of it; verified.") var hugePages = false

    func run() throws {
      guard let kind = RegionKind.all.first(where: { $0.name == kind }) else {
        throw Complaint.exit(
          "ring create", "there is no kind \(kind): choose \(RingText.kinds)", .usage)
      }
      let bytes = try told("create") { () throws(RingError) in
        try Region.create(
          kind, directory: place.directory, name: name, capacity: capacity, node: node,
          hugePages: hugePages
        ).byteCount
      }
      print("created \(place.directory)/\(name): \(kind.name), \(capacity) slots, \(bytes) bytes")
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a region that no process is attached to.")
    @OptionGroup var place: Place
    @Argument(help: "The region's name.") var name: String
    @Flag(
      help: """
        Remove the name of a region even if it is in use, or of another version; those attached \
        keep the memory.
        """)
    var force = false

    func run() throws {
      let isInUse = try told("remove") { () throws(RingError) in
        let info = try RegionInfo(directory: place.directory, name: name)
        do throws(RingError) {
          if force { try info.removeName() } else { try info.removeUnused() }
          return false
        } catch {
          guard error.kind == .roleTaken else { throw error }
          return true
        }
      }
      guard !isInUse else { throw inUse() }
      print("removed \(place.directory)/\(name)")
    }

    private func inUse() -> ExitCode {
      let info = try? RegionInfo(directory: place.directory, name: name)
      let owners = info.map { [$0.producer, $0.consumer].filter(\.isAlive).map { "\($0.pid)" } }
      let whose = owners.map { $0.isEmpty ? "" : ", with roles pid " + $0.joined(separator: ", ") }
      return Complaint.exit(
        "ring remove",
        "\(place.directory)/\(name): processes are attached\(whose ?? ""): end them first, or "
          + "take the name away with --force; they keep the memory", .busy)
    }
  }
}
