import ArgumentParser
import Foundation
import TickEngine

/// `tickway config …`: looks at a configuration before anything is started from it.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check a configuration, show what it means, or print one.",
    subcommands: [Check.self, Example.self, Plan.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Say everything that is wrong with a configuration, by line and column.",
      discussion: """
        It is read as `tickway run` reads it, the files that it names too, and held against this \
        machine: cores, nodes, directories. Nothing is started, made or changed. With faults the \
        exit code is 78, and 66 if there is no such file.
        """)

    @Argument(help: "The configuration.", completion: .file())
    var file: String

    func run() throws {
      let configuration = try ConfigCommand.load(file)
      print("\(file): good: \(ConfigCommand.summary(configuration))")
    }
  }

  struct Example: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "example",
      abstract: "Print a configuration that works, to begin with.")

    func run() throws { print(ConfigurationExample.text, terminator: "") }
  }

  struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "plan",
      abstract: "Say what would run where, how it waits, and how much memory it takes.")

    @Argument(help: "The configuration.", completion: .file())
    var file: String

    func run() throws {
      let machine = MachineCores.here
      let plan = NodePlan(try ConfigCommand.load(file), on: machine)
      print(PlanText(plan).text, terminator: "")
    }
  }

  private static func load(_ path: String) throws -> NodeConfiguration {
    do throws(ConfigurationRefusal) { return try ConfigurationFile.load(path) } catch {
      throw Complaint.exit("config", error)
    }
  }

  private static func summary(_ configuration: NodeConfiguration) -> String {
    let workers = configuration.sets.map(\.workers.count).reduce(0, +)
    let sets = configuration.sets.count
    return "instance \(configuration.instance), \(sets) \(sets == 1 ? "set" : "sets"),"
      + " \(workers) \(workers == 1 ? "worker" : "workers"), configuration"
      + " \(ConfigurationHash(configuration))"
  }
}
