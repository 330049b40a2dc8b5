import Foundation
import TickEngine
import TickWire
import Testing

/// Roles are commands: what each is started with.
@Suite struct RoleCommandTests {
  private func commands(_ configuration: NodeConfiguration) -> [RoleCommand] {
    RoleCommand.all(of: configuration, on: NodePlacement(configuration, on: twoCores))
  }

  /// What stands behind an option; nil: it is not there.
  private func value(_ option: String, _ command: RoleCommand) -> String? {
    guard let index = command.arguments.firstIndex(of: option) else { return nil }
    return command.arguments[index + 1]
  }

  @Test func eachRoleIsAVerbWithWhatAllRolesTake() {
    let configuration = nodeConfiguration()
    let hash = ConfigurationHash(configuration).text
    let commands = commands(configuration)
    #expect(commands.map { $0.arguments[0] } == ["ingest", "worker", "worker", "sender", "venue"])
    #expect(commands.map(\.name) == ["ingester", "worker-0", "worker-1", "sender", "venue"])
    for (place, command) in commands.enumerated() {
      #expect(value("--name", command) == "tickway.test")
      #expect(value("--place", command) == "\(place)")
      #expect(value("--config-hash", command) == hash)
      #expect(value("--parent-death", command) == "stop")
      #expect(value("--memory", command) == "warn")
      #expect(value("--waiting", command) == "share")
      #expect(value("--core", command) == nil)
      #expect(value("--realtime", command) == nil)
      #expect(value("--json", command) == nil)
    }
  }

  @Test func workersAreNumberedAndGetTheirStrategy() {
    let commands = commands(nodeConfiguration())
    #expect(
      commands[1].arguments.prefix(13) == [
        "worker", "--number", "0", "--workers", "2", "--strategy", "market-maker", "--param",
        "interval_ms=50", "--param", "quantity=200", "--subscribe", "0=share",
      ])
    #expect(value("--strategy", commands[2]) == "momentum")
    #expect(commands[2].arguments.contains("1=AAPL,MSFT"))
    #expect(commands[0].arguments.contains("1=AAPL,MSFT"))
    #expect(commands[3].arguments.contains("1=AAPL,MSFT"))
    #expect(value("--policy", commands[0]) == "0=conflate,1=drop")
  }

  @Test func workersThatAreAlikeAreOneStrategy() {
    var configuration = nodeConfiguration()
    configuration.sets[0].workers[1] = configuration.sets[0].workers[0]
    #expect(configuration.sets[0].subscriptions.isEmpty)
    #expect(!commands(configuration).contains { $0.arguments.contains("--subscribe") })
  }

  @Test func thePortOfTheBuiltinVenueIsFilledInOnceItIsKnown() {
    var configuration = nodeConfiguration()
    let sender = commands(configuration)[3]
    #expect(value("--venue", sender) == "127.0.0.1:PORT")
    #expect(sender.arguments(venuePort: 4_711).contains("127.0.0.1:4711"))
    configuration.venue.listenPort = 9_000
    #expect(value("--venue", commands(configuration)[3]) == "127.0.0.1:9000")
  }

  @Test func noSecretStandsInACommand() {
    var configuration = nodeConfiguration()
    configuration.venue.password = .environment("MINE")
    let commands = commands(configuration)
    #expect(commands[3].environment == ["TICKWAY_VENUE_PASSWORD"])
    #expect(commands[4].environment == ["TICKWAY_VENUE_PASSWORD"])
    #expect(commands[0].environment == [])
    #expect(!commands.contains { $0.arguments.contains { $0.contains("MINE") } })
  }

  @Test func severalSetsAreInstancesThatShareAnAccount() {
    var configuration = nodeConfiguration()
    configuration.sets.append(configuration.sets[0])
    let commands = commands(configuration)
    #expect(value("--name", commands[0]) == "tickway.test-0")
    #expect(value("--name", commands[5]) == "tickway.test-1")
    #expect(value("--instance", commands[8]) == "test-1")
    #expect(value("--account", commands[8]) == "test")
    #expect(value("--ring", commands[9]) == "tickway.test-1.tap")
    #expect(value("--account", self.commands(nodeConfiguration())[3]) == nil)
  }

  @Test func limitsGoByTheirFileOrAsTheyAre() throws {
    var configuration = nodeConfiguration()
    configuration.risk.limits = .simulation
    let json = try #require(value("--limits", commands(configuration)[3]))
    #expect(try RiskLimits(json: Data(json.utf8)) == .simulation)
    configuration.risk.limitsPath = "/limits.json"
    #expect(value("--limits", commands(configuration)[3]) == "/limits.json")
  }

  @Test func whatIsHeldAndItsValueAtRiskAreTheSenders() throws {
    var configuration = nodeConfiguration()
    let text = "symbol,strategy,shares,average_price\nAAPL,1,5,1\nend,1\n"
    configuration.risk.positions = .init(
      path: "/held.csv", try OpeningPositions(csv: Data(text.utf8)))
    configuration.risk.valueAtRisk = .init(
      everySeconds: 2, .recorded(path: "/day.ticks", intervalSeconds: 5), confidence: 0.99)
    let sender = commands(configuration)[3]
    #expect(value("--positions", sender) == "/held.csv")
    #expect(value("--var-every", sender) == "2.0" && value("--confidence", sender) == "0.99")
    #expect(value("--recorded", sender) == "/day.ticks")
    #expect(value("--recorded-interval", sender) == "5.0" && value("--returns", sender) == nil)
    configuration.risk.valueAtRisk?.source = .returns(path: "/returns.csv")
    #expect(value("--returns", commands(configuration)[3]) == "/returns.csv")
    #expect(value("--recorded", commands(configuration)[3]) == nil)
  }

  @Test func theSettingsOfTheFeedAreTheIngestersOptions() {
    var configuration = nodeConfiguration()
    configuration.feed.hours = SessionHours("09:05-16:30")
    configuration.feed.ageMaxSeconds = nil
    configuration.feed.stampsByKernel = true
    configuration.directories.reports = "/reports"
    let ingester = commands(configuration)[0]
    #expect(value("--hours", ingester) == "09:05-16:30")
    #expect(value("--max-age", ingester) == "off")
    #expect(value("--json", ingester) == "/reports/test.ingester.json")
    #expect(ingester.arguments.contains("--kernel-stamps"))
    #expect(ingester.arguments.contains("--tap"))
    configuration.venue.place = .none
    #expect(!commands(configuration)[0].arguments.contains("--tap"))
  }
}
