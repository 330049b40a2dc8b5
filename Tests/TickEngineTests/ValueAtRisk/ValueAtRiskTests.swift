import Foundation
import Testing
import TickRing
import TickWire

@testable import TickEngine

/// VR1: z * sqrt(wᵀ Σ w), and what is refused.
@Suite(.timeLimit(.minutes(1))) struct ValueAtRiskTests {
  private func close(_ value: Double, _ expected: Double, _ relative: Double = 1e-12) -> Bool {
    abs(value - expected) <= relative * abs(expected)
  }

  private func compute(
    _ weights: [Double], _ matrix: [Double], _ confidence: Double
  ) throws(ValueAtRiskError) -> Double {
    try ValueAtRisk.compute(
      weights: weights, covariance: Covariance(matrix, count: weights.count),
      confidence: confidence)
  }

  /// Quantiles from tables, to all the digits that they give.
  @Test(arguments: [
    (0.9, 1.2815515655446004), (0.95, 1.6448536269514722), (0.975, 1.959963984540054),
    (0.99, 2.3263478740408408), (0.999, 3.090232306167813), (0.9999, 3.719016485455709),
    (0.6, 0.2533471031357997),
  ])
  func vr1TheQuantileIsTheTables(_ confidence: Double, _ z: Double) {
    #expect(close(NormalQuantile.z(confidence), z, 1e-13))
  }

  @Test func vr1TheQuantileIsFiniteUpToTheEnds() {
    #expect(NormalQuantile.z(0.5.nextUp) >= 0 && NormalQuantile.z(0.5.nextUp) < 1e-15)
    #expect(NormalQuantile.z(1.0.nextDown) > 8 && NormalQuantile.z(1.0.nextDown) < 9)
  }

  @Test func vr1TwoHoldingsByHand() throws {
    // sd 2 % and 3 %, correlation 0.5: variance 400 + 900 + 600 of 1,000 each.
    let matrix = [0.0004, 0.0003, 0.0003, 0.0009]
    let value = try compute([1_000, 1_000], matrix, 0.95)
    #expect(close(value, 1.6448536269514722 * 1_900.0.squareRoot()))
    let hedged = try compute([1_000, -1_000], matrix, 0.95)
    #expect(close(hedged, 1.6448536269514722 * 700.0.squareRoot()))
    #expect(try compute([0, 0], matrix, 0.95) == 0)
  }

  @Test(arguments: [0.5, 1, 0.4, 1.5, -1, .nan, .infinity])
  func vr1AConfidenceOutsideIsRefused(_ confidence: Double) {
    #expect(throws: ValueAtRiskError.self) { try compute([1], [1], confidence) }
  }

  @Test func vr1WrongShapesAreRefused() throws {
    let covariance = try Covariance([1, 0, 0, 1], count: 2)
    for weights in [[], [1.0], [1, 2, 3]] {
      #expect(throws: ValueAtRiskError.self) {
        try ValueAtRisk.compute(weights: weights, covariance: covariance, confidence: 0.95)
      }
    }
    for (values, count) in [([1.0], 2), ([], 0), ([1, 2, 3], 2), ([1], -1), ([], 1 << 40)] {
      #expect(throws: ValueAtRiskError.self) { try Covariance(values, count: count) }
    }
  }

  @Test func vr1NotPositiveSemiDefiniteIsRefused() throws {
    #expect(throws: ValueAtRiskError.self) { try Covariance([1, 2, 2, 1], count: 2) }
    #expect(throws: ValueAtRiskError.self) { try Covariance([-1], count: 1) }
    #expect(throws: ValueAtRiskError.self) { try Covariance([1, 0, 0, -1e-9], count: 2) }
    // Singular is semi-definite.
    #expect(try Covariance([1, 1, 1, 1], count: 2).variance([1, -1]) == 0)
    #expect(try Covariance([0], count: 1).count == 1)
  }

  @Test func vr1NotSymmetricOrNotFiniteIsRefused() {
    #expect(throws: ValueAtRiskError.notSymmetric) { try Covariance([1, 0.1, 0.2, 1], count: 2) }
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(throws: ValueAtRiskError.self) { try Covariance([value], count: 1) }
      #expect(throws: ValueAtRiskError.self) { try compute([value], [1], 0.95) }
    }
    #expect(throws: ValueAtRiskError.self) { try compute([1e200], [1e200], 0.95) }
  }

  /// Against sums written out, for returns of any size.
  @Test(arguments: [(2, 1), (3, 2), (5, 5), (40, 7), (10, 30)])
  func vr1CovarianceOfReturnsIsTheSumWrittenOut(_ rows: Int, _ columns: Int) throws {
    var random = SeededRandom(seed: UInt64(rows))
    let values = (0..<rows * columns).map { _ in random.unit() * 0.1 - 0.05 }
    let table = try ReturnTable(
      symbols: (0..<columns).map { "S\($0)" }, values: values)
    let covariance = try Covariance(table)
    for left in 0..<columns {
      for right in 0..<columns {
        func mean(_ column: Int) -> Double {
          (0..<rows).reduce(0) { $0 + values[$1 * columns + column] } / Double(rows)
        }
        var sum = 0.0
        for row in 0..<rows {
          sum +=
            (values[row * columns + left] - mean(left))
            * (values[row * columns + right] - mean(right))
        }
        let expected = sum / Double(rows - 1)
        let found = covariance.values[left * columns + right]
        #expect(abs(found - expected) < 1e-16 * Double(rows))
      }
    }
    let weights = (0..<columns).map { _ in random.unit() * 2 - 1 }
    var variance = 0.0
    for left in 0..<columns {
      for right in 0..<columns {
        variance += weights[left] * covariance.values[left * columns + right] * weights[right]
      }
    }
    #expect(abs(covariance.variance(weights) - variance) < 1e-15)
  }

  @Test func vr1ReturnsAreReadFromAFileWhole() throws {
    let table = try ReturnTable(csv: Data("time,AA, BB\n1,0.01,-0.02\n2,0,1e-3\n\n".utf8))
    #expect(table.symbols == ["AA", "BB"] && table.observations == 2)
    #expect(table.values == [0.01, -0.02, 0, 0.001])
    #expect(throws: ValueAtRiskError.tooFewReturns(1)) {
      try Covariance(ReturnTable(csv: Data("A\n0.1\n".utf8)))
    }
  }

  @Test(arguments: [
    ("", 1), ("\n", 1), ("A,\n", 1), ("time\n1\n", 1), ("A,A\n1,1\n", 1), ("A,B\n0.1\n", 2),
    ("A\n0.1\nx\n", 3), ("A\n0.1\nnan\n", 3), ("A\ninf\n", 2), ("A\n-1.5\n", 2),
    ("A\n0.1\n\n0.2\n", 3), ("A,B\n1,2,3\n", 2),
  ])
  func vr1AReturnsFileThatIsDamagedNamesItsLine(_ text: String, _ line: Int) {
    let error = #expect(throws: ValueAtRiskError.self) {
      try ReturnTable(csv: Data(text.utf8))
    }
    if case .returns(let found, _) = error { #expect(found == line) } else { Issue.record() }
    #expect(throws: ValueAtRiskError.self) { try ReturnTable(csv: Data([0xFF, 0xFE])) }
  }
}

/// VR1 of positions in shared memory, published beside them.
@Suite(.timeLimit(.minutes(1))) struct PublishedValueAtRiskTests {
  private func directory(_ symbols: [String]) throws -> Region {
    let region = try Region.createUnnamed(.directory, capacity: 64)
    var writer = try DirectoryWriter(claiming: try region.duplicate(), venue: 1)
    for symbol in symbols {
      let word = try #require(Symbol(symbol)).word
      let number = writer.number(of: word)
      #expect(number != nil)
    }
    return region
  }

  private func returns() throws -> ReturnTable {
    try ReturnTable(
      symbols: ["BB", "AA"], values: [0.02, 0.01, -0.02, -0.01, 0.02, -0.01, -0.02, 0.01])
  }

  private func role(
    _ fixture: borrowing PositionFixture, _ directory: borrowing Region, stop: StopFlag
  ) throws -> ValueAtRiskRole {
    let observer = try PositionObserver(
      try fixture.region.duplicate(), directory: DirectoryReader(try directory.duplicate()))
    return try ValueAtRiskRole(
      try fixture.region.duplicate(), observer: observer, returns: returns(), confidence: 0.95,
      interval_ns: 1_000_000, stop: stop)
  }

  private func published(_ fixture: borrowing PositionFixture) throws -> PublishedValueAtRisk? {
    ValueAtRiskLine.read(try fixture.lines())
  }

  /// It only reports: a sender that follows a dead one watches its orders without it.
  @Test func vr1ReturnsThatCannotBeReadAreANote() throws {
    let fixture = try PositionFixture()
    let book = try fixture.book()
    let note = LateNote()
    let options = ValueAtRiskOptions(confidence: 0.95, interval_ns: 1_000_000) {
      throw ValueAtRiskError.returns(line: 3, problem: "x is no return")
    }
    var role = LateValueAtRisk(
      options: options, positions: SharedRegion(try fixture.region.duplicate()),
      directory: SharedRegion(try directory(["AA"])), stop: StopFlag(), note: note)
    role.run()
    #expect(note.take() == "no value at risk: line 3: x is no return")
    #expect(note.take() == nil)
    #expect(try published(fixture) == nil)
    _ = consume book
  }

  @Test func vr1PositionsAreWeighedByTheirMarks() throws {
    let fixture = try PositionFixture()
    let directory = try directory(["AA", "BB", "CC"])
    var book = try fixture.book()
    var role = try role(fixture, directory, stop: StopFlag())
    #expect(try published(fixture) == nil)
    role.publish(at: 1)
    #expect(try published(fixture)?.valueE4 == 0, "nothing is held, nothing is at risk")
    book.fill(strategy: 1, instrument: 1, side: .buy, quantity: 100, priceE4: 90, referenceE4: 0)
    book.mark(instrument: 1, priceE4: 100_000)  // AA: 1,000.00
    book.fill(
      strategy: 2, instrument: 2, side: .sell, quantity: 100, priceE4: 200_000, referenceE4: 0)
    role.publish(at: 2)
    // Variances 0.0004 * 4/3 and 0.0001 * 4/3, uncorrelated.
    let sd = (1_000.0 * 1_000 * 0.0001 * 4 / 3 + 2_000 * 2_000 * 0.0004 * 4 / 3).squareRoot()
    let expected = Int64((1.6448536269514722 * sd * 10_000).rounded())
    #expect(
      try published(fixture)
        == PublishedValueAtRisk(
          valueE4: expected, confidence_ppm: 950_000, time: 2, observations: 4))
  }

  @Test func vr1APositionWithoutReturnsIsUnknownRisk() throws {
    let fixture = try PositionFixture()
    let directory = try directory(["AA", "BB", "CC"])
    var book = try fixture.book()
    var role = try role(fixture, directory, stop: StopFlag())
    book.fill(strategy: 1, instrument: 3, side: .buy, quantity: 1, priceE4: 1, referenceE4: 0)
    role.publish(at: 3)
    #expect(try published(fixture)?.valueE4 == nil && role.problem == .noReturns(of: "CC"))
    book.fill(strategy: 1, instrument: 3, side: .sell, quantity: 1, priceE4: 1, referenceE4: 0)
    role.publish(at: 4)
    #expect(try published(fixture)?.valueE4 == 0 && role.problem == nil)
    book.fill(strategy: 9, instrument: 3, side: .buy, quantity: 1, priceE4: 1, referenceE4: 0)
    role.publish(at: 5)
    #expect(try published(fixture)?.valueE4 == nil && role.problem == .unknownPositions)
  }

  @Test func vr1TheRolePublishesUntilItIsStopped() throws {
    let fixture = try PositionFixture()
    let directory = try directory(["AA", "BB"])
    _ = try fixture.book()
    let stop = StopFlag()
    let thread = RoleThread(try role(fixture, directory, stop: stop), core: nil, onFailure: {})
    try thread.start()
    let first = try waitForTime(after: 0, fixture)
    _ = try waitForTime(after: first, fixture)
    stop.request()
    thread.join()
  }

  private func waitForTime(
    after time: UInt64, _ fixture: borrowing PositionFixture
  ) throws -> UInt64 {
    while true {
      if let found = try published(fixture)?.time, found > time { return found }
      usleep(1_000)
    }
  }
}
