import Testing

@testable import TickEngine

@Suite(.timeLimit(.minutes(1))) struct JitterFloorTests {
  @Test func hiccupsAreCountedBySizeAndEachClassHoldsTheLarger() {
    var hiccups = Hiccups()
    for gap: UInt64 in [
      0, 999, 1_000, 1_001, 10_000, 10_001, 100_000, 100_001, 1_000_000, 1_000_001,
    ] { hiccups.take(gap) }
    #expect(hiccups.over_1us == 7 && hiccups.over_10us == 5)
    #expect(hiccups.over_100us == 3 && hiccups.over_1ms == 1)
    #expect(hiccups.lost_ns == 1_001 + 10_000 + 10_001 + 100_000 + 100_001 + 1_000_000 + 1_000_001)
  }

  @Test func whatWasLostIsAPartOfWhatWasMeasured() {
    let floor = JitterFloor.measure(for: 5_000_000)
    #expect(floor.measured_ns >= 5_000_000 && floor.gaps.count > 0)
    #expect(floor.gaps.sum == floor.measured_ns && floor.hiccups.lost_ns <= floor.measured_ns)
    #expect(floor.hiccups.over_1us <= floor.gaps.count)
    #expect(floor.gaps.max > 1_000 || floor.hiccups == Hiccups())
  }

  @Test(arguments: [false, true]) func eachCoreHasAFloorOfItsOwn(isTogether: Bool) throws {
    let cores = CoreJitter.allowedCores
    let measured = try CoreJitter.measure(cores: cores, for: 2_000_000, isTogether: isTogether)
    #expect(measured.map(\.core) == cores)
    for core in measured {
      #expect(core.gaps_ns.count > 0 && (0...1).contains(core.lostShare))
    }
  }

  @Test func aCoreThatIsNotThereIsAnErrorAndNotAnothersFloor() {
    #expect(throws: PlacementError.self) {
      try CoreJitter.measure(cores: [0, 1_023], for: 1_000, isTogether: false)
    }
  }
}
