import Testing

@testable import TickEngine

@Suite struct NumaTopologyTests {
  private func machine(_ files: [String: String]) throws -> MachineFixture {
    try MachineFixture(files)
  }

  @Test func nodesCoresDistancesAndFreeMemoryAreRead() throws {
    let machine = try machine([
      "sys/devices/system/node/online": "0,2\n",
      "sys/devices/system/node/node0/cpulist": "0-1,4\n",
      "sys/devices/system/node/node0/distance": "10 21\n",
      "sys/devices/system/node/node0/meminfo":
        "Node 0 MemTotal:  1000 kB\nNode 0 MemFree: 100 kB\nNode 0 Active(file): 20 kB\n"
        + "Node 0 Inactive(file): 3 kB\n",
      "sys/devices/system/node/node2/cpulist": "\n",
      "sys/devices/system/node/node2/distance": "21 10\n",
    ])
    let topology = NumaTopology.current(root: machine.root)
    #expect(topology.nodes.map(\.number) == [0, 2])
    #expect(topology[0]?.cores == [0, 1, 4] && topology[2]?.cores == [])
    #expect(topology[0]?.memory_bytes == 1000 * 1024 && topology[0]?.free_bytes == 123 * 1024)
    #expect(topology[2]?.memory_bytes == nil && topology[2]?.free_bytes == nil)
    #expect(topology.node(ofCore: 4) == 0 && topology.node(ofCore: 3) == nil)
    #expect(topology.distance(from: 0, to: 2) == 21 && topology.distance(from: 2, to: 2) == 10)
    #expect(topology[1] == nil && topology.distance(from: 0, to: 1) == nil)
  }

  @Test func whatTheKernelDoesNotSayIsUnknown() throws {
    #expect(NumaTopology.current(root: "/nonexistent").nodes == [])
    let garbage = try machine([
      "sys/devices/system/node/online": "0\n",
      "sys/devices/system/node/node0/cpulist": "x-y\n",
      "sys/devices/system/node/node0/distance": "10 far\n",
      "sys/devices/system/node/node0/meminfo":
        "Node 0 MemTotal: lots kB\nMemFree:\n\nNode 0 MemFree: 18446744073709551615 kB\n",
    ])
    let topology = NumaTopology.current(root: garbage.root)
    #expect(topology[0]?.cores == [] && topology[0]?.distances == [])
    #expect(topology[0]?.memory_bytes == nil && topology[0]?.free_bytes == nil)
    #expect(topology.distance(from: 0, to: 0) == nil)
  }

  @Test func onlyWhereAllMemoryIsKnownToBeOneNodesCanNothingLieElsewhere() {
    func node(_ number: Int, _ memory: UInt64?) -> NumaTopology.Node {
      NumaTopology.Node(number: number, cores: [number], memory_bytes: memory)
    }
    #expect(NumaTopology(nodes: [node(0, 1 << 30)]).isOneNode)
    #expect(!NumaTopology(nodes: [node(0, nil)]).isOneNode && !NumaTopology(nodes: []).isOneNode)
    #expect(!NumaTopology(nodes: [node(0, 1 << 30), node(1, 0)]).isOneNode)
  }

  @Test func thisMachinesCoresBelongToItsNodes() {
    let topology = NumaTopology.current()
    for core in CorePlan.allowedCores where !topology.nodes.isEmpty {
      #expect(topology.node(ofCore: core) != nil)
    }
  }

  @Test func memoryHasANodeToBeOnlyWhereThereAreSeveral() {
    let one = NumaTopology(nodes: [.init(number: 0, cores: [0, 1])])
    let two = NumaTopology(nodes: [.init(number: 3, cores: [1]), .init(number: 0, cores: [0])])
    #expect(one.node(forMemoryOf: 1) == nil && two.node(forMemoryOf: 1) == 3)
    #expect(two.node(forMemoryOf: nil) == nil && two.node(forMemoryOf: 7) == nil)
    #expect(MachineCores(allowed: [1, 0], topology: two).nodes == [0, 3])
    #expect(MachineCores(allowed: [1, 0], topology: two).node(of: 7) == nil)
    #expect(MachineCores(allowed: [0]).nodes == [0] && MachineCores(allowed: [0]).node(of: 0) == 0)
  }

  @Test func listsAreWrittenAsTheKernelWritesThem() {
    #expect(KernelList.text([3, 1, 0, 2, 8]) == "0-3,8" && KernelList.text([]) == "")
    #expect(KernelList.numbers(in: "0-3,8") == [0, 1, 2, 3, 8])
  }
}
