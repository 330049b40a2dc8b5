import TickEngine
import TickWire

/// A configuration without faults: two workers of different strategies, and no cores.
func nodeConfiguration() -> NodeConfiguration {
  var configuration = NodeConfiguration()
  configuration.instance = "test"
  configuration.directories.state = "/dev/shm"
  configuration.feed.lineA = LineAddress("239.255.77.1:15001")
  configuration.feed.lineB = LineAddress("239.255.77.2:15002")
  var maker = NodeConfiguration.Worker()
  maker.strategy = .marketMaker
  maker.parameters = ["quantity": "200", "interval_ms": "50"]
  var momentum = NodeConfiguration.Worker()
  momentum.strategy = .momentum
  momentum.subscription = .symbols([Symbol("AAPL")!, Symbol("MSFT")!])
  momentum.policy = .drop
  var set = NodeConfiguration.RoleSet()
  set.workers = [maker, momentum]
  configuration.sets = [set]
  return configuration
}

/// Four cores on each of two nodes.
let twoNodes = MachineCores(
  allowed: Array(0..<8),
  topology: NumaTopology(nodes: [
    .init(number: 0, cores: Array(0..<4)), .init(number: 1, cores: Array(4..<8)),
  ]))

let twoCores = MachineCores(allowed: [0, 1])
