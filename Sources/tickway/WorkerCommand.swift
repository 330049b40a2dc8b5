import ArgumentParser
import TickEngine

/// `tickway worker`: one strategy of an instance, alone.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Run one worker of an instance alone: its strategy, by named rings.",
    discussion: """
      It takes ticks from NAME.ticks.K and asks for orders in NAME.orders.K; what becomes of them \
      comes by NAME.events.K. What is missing is made. After a death the next worker of the number \
      goes on in the same rings, with a strategy that begins anew. It ends with the instance, or \
      with SIGINT or SIGTERM.
      """)

  @Option(help: "The instance's regions are NAME.control, NAME.ticks.0 and so on.")
  var name = "tickway"

  @Option(help: "Its number, from 0.")
  var number: Int

  @OptionGroup var role: RoleArguments
  @OptionGroup var pipeline: PipelineOptions

  func run() throws {
    do {
      let strategy = try pipeline.builtin("worker")
      let options = try pipeline.options(.none, captures: [], "worker")
      try pipeline.reports.report("worker") {
        let role = try role.options("worker", name: name, ringDirectory: pipeline.ringDirectory)
        return try strategy.worker(
          number, options, role, observer: .operators("worker-\(number)"))
      }
    } catch {
      throw Complaint.exit("worker", error)
    }
  }
}
