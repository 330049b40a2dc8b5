import ArgumentParser
import TickEngine

/// `tickway sender`: the last hop of an instance, alone.
struct SenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sender",
    abstract: "Run the sender of an instance alone: risk gate, orders and venue, by named rings.",
    discussion: """
      It takes requests from NAME.orders.0 and so on, checks them, and sends to the venue what the \
      gate lets pass; what becomes of them comes back by NAME.events.0 and so on. Prices are those \
      of NAME.board, which the ingester of the same name writes. What is missing is made. After a \
      death the next sender of the name first has the venue tell what became of what was out. It \
      ends with SIGINT or SIGTERM: it cancels what is open, waits for the answers and logs out.
      """)

  @Option(help: "The instance's regions are NAME.control, NAME.orders.0 and so on.")
  var name = "tickway"

  @OptionGroup var role: RoleArguments
  @OptionGroup var pipeline: PipelineOptions

  @Flag(help: "The venue is the instance's own simulation, on this host: its limits will do.")
  var simulated = false

  func run() throws {
    do {
      var options = try pipeline.options(.none, captures: [], "sender", areReturnsLate: true)
      options.isSimulated = simulated
      try pipeline.reports.report("sender") {
        let role = try role.options("sender", name: name, ringDirectory: pipeline.ringDirectory)
        return try SenderService.run(options, role, observer: .operators("sender"))
      }
    } catch {
      throw Complaint.exit("sender", error)
    }
  }
}
