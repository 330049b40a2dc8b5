import Testing

@testable import TickEngine

/// What is recorded lies where its documentation says.
@Suite struct DecisionLayoutTests {
  typealias Layout = MemoryLayout<DecisionEvent>

  @Test func anEventHas336BytesAndNoPadding() {
    #expect(Layout.size == 336 && Layout.stride == 336 && DecisionEvent.byteCount == 336)
    #expect(MemoryLayout<DecisionPiece>.size * DecisionPiece.each == 336)
  }

  @Test func fieldsLieAtTheirOffsets() {
    let first: [(PartialKeyPath<DecisionEvent>, Int)] = [
      (\.number, 0), (\.orderId, 8), (\.exchangeTime, 16), (\.received_ns, 24), (\.taken_ns, 32),
      (\.price, 40), (\.limit, 48), (\.value, 56), (\.reached, 64), (\.quantity, 72),
      (\.allowedQuantity, 76), (\.version, 80), (\.action, 81), (\.side, 82), (\.timeInForce, 83),
      (\.strategy, 84), (\.worker, 85), (\.outcome, 86), (\.reason, 87), (\.check, 88),
      (\.state, 89), (\.strategyState, 90), (\.instanceState, 91), (\.shut, 92),
      (\.referenceKind, 93), (\.link, 94), (\.sector, 95), (\.replacedOpen, 96), (\.flags, 100),
    ]
    let rest: [(PartialKeyPath<DecisionEvent>, Int)] = [
      (\.replacedPriceE4, 104), (\.priceE4, 112), (\.room, 120), (\.asked, 128), (\.allowed, 136),
      (\.out, 144), (\.rateAge_ns, 152), (\.orderValueE4, 160), (\.volumeMax, 168),
      (\.positionMax, 176), (\.referenceE4, 184), (\.referenceTime, 192), (\.messages, 200),
      (\.duplicateAge_ns, 208), (\.position, 216), (\.openBuy, 224), (\.openSell, 232),
      (\.markE4, 240), (\.worstSize, 248), (\.worstValueE4, 256), (\.sectorE4, 264),
      (\.grossE4, 272), (\.equityE4, 280), (\.lossE4, 288), (\.unmarked, 296),
      (\.uncountable, 300), (\.openOrders, 304), (\.inDoubt, 308), (\.unsentBytes, 312),
      (\.ownPriceE4, 320), (\.creditE4, 328),
    ]
    for (path, offset) in first + rest { #expect(Layout.offset(of: path) == offset, "\(path)") }
  }

  /// Raw values are recorded: a number that changes would change what old files say.
  @Test func checksKeepTheirNumbers() {
    let numbers = [1, 44] + Array(2...33) + [42] + Array(34...36) + [43] + Array(37...41)
    #expect(RiskCheck.allCases.map(\.rawValue) == numbers.map { UInt8($0) })
    #expect(RiskCheck.allCases.allSatisfy { $0.rawValue < 64 })
    #expect(Set(RiskCheck.allCases.map(\.name)).count == RiskCheck.allCases.count)
    #expect(DecisionOutcome.allCases.map(\.rawValue) == [1, 2, 3, 4, 5])
    #expect(ReferenceKind.allCases.map(\.rawValue) == [1, 2, 3])
  }

  /// Each reason is named by some check.
  @Test func everyReasonHasItsCheck() {
    #expect(Set(RiskCheck.allCases.map(\.reason)) == Set(RiskReason.allCases))
  }
}
