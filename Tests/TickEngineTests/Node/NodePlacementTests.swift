import TickEngine
import Testing

/// Which role runs where, and how it waits.
@Suite struct NodePlacementTests {
  private func places(_ placement: NodePlacement) -> [String] {
    placement.roles.map { "\($0.set) \($0.name) \($0.place)" }
  }

  @Test func rolesStandInTheOrderOfTheTable() {
    var configuration = nodeConfiguration()
    let placement = NodePlacement(configuration, on: twoCores)
    #expect(
      places(placement) == [
        "0 ingester 0", "0 worker-0 1", "0 worker-1 2", "0 sender 3", "0 venue 4",
      ])
    configuration.venue.place = .none
    #expect(NodePlacement(configuration, on: twoCores).roles.count == 4)
  }

  @Test func withTooFewCoresNoneIsPinnedAndAllShare() {
    let placement = NodePlacement(nodeConfiguration(), on: twoCores)
    #expect(!placement.choseCores)
    #expect(placement.roles.allSatisfy { $0.core == nil && $0.waiting == .share })
    #expect(placement.roles.allSatisfy { $0.node == 0 && $0.reason.contains("not pinned") })
  }

  @Test func withEnoughCoresEachRoleGetsOneOfItsNode() {
    var configuration = nodeConfiguration()
    configuration.venue.place = .none
    configuration.sets.append(configuration.sets[0])
    configuration.sets[0].node = 1
    configuration.sets[1].node = 0
    let placement = NodePlacement(configuration, on: twoNodes)
    #expect(placement.choseCores)
    #expect(placement.roles(ofSet: 0).map(\.core) == [4, 5, 6, 7])
    #expect(placement.roles(ofSet: 1).map(\.core) == [0, 1, 2, 3])
    #expect(placement.roles.allSatisfy { $0.waiting == .spin })
  }

  @Test func coresThatAreGivenAreTakenAndNoOthers() {
    var configuration = nodeConfiguration()
    configuration.sets[0].ingester.core = 1
    let placement = NodePlacement(configuration, on: twoNodes)
    #expect(placement.roles.map(\.core) == [1, nil, nil, nil, nil])
    #expect(placement.roles[0].waiting == .share)
    #expect(placement.roles[0].reason.contains("4 roles without a core"))
  }

  @Test func rolesOnOneCoreShareItAndTheOthersSpin() {
    var configuration = nodeConfiguration()
    configuration.sets[0].ingester.core = 0
    configuration.sets[0].workers[0].place.core = 1
    configuration.sets[0].workers[1].place.core = 2
    configuration.sets[0].sender.core = 3
    configuration.sets[0].venue.core = 3
    let placement = NodePlacement(configuration, on: twoNodes)
    #expect(placement.roles.map(\.waiting) == [.spin, .spin, .spin, .share, .share])
  }

  @Test func aRolesNodeIsItsOwnElseTheSetsElseItsCores() {
    var configuration = nodeConfiguration()
    configuration.sets[0].node = 1
    configuration.sets[0].ingester.node = 0
    var placement = NodePlacement(configuration, on: twoNodes)
    #expect(placement.roles.map(\.node) == [0, 1, 1, 1, 1])
    configuration.sets[0].node = nil
    configuration.sets[0].ingester.node = nil
    configuration.sets[0].sender.core = 5
    placement = NodePlacement(configuration, on: twoNodes)
    #expect(placement.roles[3].node == 1)
    configuration.memory.binding = .off
    placement = NodePlacement(configuration, on: twoNodes)
    #expect(placement.roles.allSatisfy { $0.node == nil })
  }

  @Test func aRingThatCrossesNodesIsSaidSo() {
    var configuration = nodeConfiguration()
    configuration.sets[0].node = 1
    configuration.sets[0].ingester.node = 0
    let crossing = NodePlan(configuration, on: twoNodes).regions.filter { $0.writerNode != nil }
    #expect(
      crossing.map(\.name) == ["tickway.test.ticks.0", "tickway.test.ticks.1", "tickway.test.tap"])
    #expect(crossing.allSatisfy { $0.node == 1 && $0.writerNode == 0 })
    configuration.sets[0].ingester.node = nil
    let plan = NodePlan(configuration, on: twoNodes)
    #expect(plan.regions.allSatisfy { $0.writerNode == nil })
  }

  @Test func theSumsAreThoseOfTheParts() {
    let plan = NodePlan(nodeConfiguration(), on: twoCores)
    let regions = plan.byteCounts.map(\.regions).reduce(0, +)
    #expect(regions == plan.regions.map(\.byteCount).reduce(0, +))
    let tables = plan.byteCounts.map(\.tables).reduce(0, +)
    #expect(tables == plan.tables.map(\.byteCount).reduce(0, +))
  }
}
