import Testing

@testable import TickEngine

/// OM1: every pair of state and step, against a table that was written apart from the code.
@Suite(.timeLimit(.minutes(1))) struct OrderLifeTests {
  /// In the order of the columns.
  private static let steps: [OrderStep] = [
    .handOver, .withdraw, .askCancel, .askReplace, .accept, .acceptDead, .reject, .fillPart,
    .fillWhole, .cancelPart, .cancelWhole, .putOffCancel, .refuseCancel, .replace, .refuseReplace,
    .restate, .breakTrade, .disconnect, .confirm,
  ]

  /// What is not accepted by the venue yet, then what is. A column a step; what the letters mean is
  /// in `meaning`.
  private static let unanswered: [(OrderState, String)] = [
    (.new, "pWC. lXJ .... .. .. .. d."),
    (.pending, "..C. lXJ .... .. .. .. d."),
    (.live, ".... ... .... .. .. .. d."),
    (.partiallyFilled, ".... ... .... .. .. .. d."),
    (.pendingCancel, ".WC. CXJ .... .. .. .. d."),
    (.pendingReplace, ".... ... .... .. .. .. d."),
    (.inDoubt, ".Wd. lXJ .... .. .. .. d."),
  ]
  private static let accepted: [(OrderState, String)] = [
    (.new, "p... ... .... .. .. .. d."),
    (.pending, ".... ... .... .. .. .. d."),
    (.live, "..CR ... wFwX .. .. ww d."),
    (.partiallyFilled, "..CR ... wFwX .. .. ww d."),
    (.pendingCancel, "..C. ... CFCX Cw r. CC d."),
    (.pendingReplace, "..R. ... RFRX .R rw RR d."),
    (.inDoubt, "..d. ... dFdX dd rd dd dw"),
  ]

  /// Of letters; `w`, working, depends on whether any of it has filled. A dot is illegal.
  private static func meaning(_ letter: Character, isPartial: Bool) -> OrderState? {
    switch letter {
    case "p": .pending
    case "l": .live
    case "w": isPartial ? .partiallyFilled : .live
    case "C": .pendingCancel
    case "R": .pendingReplace
    case "d": .inDoubt
    case "F": .filled
    case "X": .canceled
    case "r": .replaced
    case "J": .rejected
    case "W": .withdrawn
    default: nil
    }
  }

  @Test func om1EveryStateAndStepHasItsSuccessorOrIsIllegal() {
    #expect(Set(Self.steps) == Set(OrderStep.allCases))
    var looked = 0
    for (isAccepted, rows) in [(false, Self.unanswered), (true, Self.accepted)] {
      for state in OrderState.allCases {
        let row = rows.first { $0.0 == state }?.1.filter { $0 != " " }
        #expect(row == nil ? state.isFinal : row?.count == Self.steps.count, "\(state)")
        for (column, step) in Self.steps.enumerated() {
          for isPartial in [false, true] {
            let expected = row.flatMap { Self.meaning(Array($0)[column], isPartial: isPartial) }
            let next = OrderLife.next(state, step, isAccepted: isAccepted, isPartial: isPartial)
            #expect(next == expected, "\(state) \(step) \(isAccepted) \(isPartial)")
            looked += 1
          }
        }
      }
    }
    #expect(looked == 13 * 19 * 2 * 2)
  }

  /// Wherever random steps lead, an order that has ended stays ended, and none becomes free again.
  @Test func om1FinalStatesAbsorbEveryWalk() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2_000 {
      var (state, isAccepted, isPartial) = (OrderState.new, false, false)
      for _ in 0..<100 {
        let step = Self.steps[random.below(Self.steps.count)]
        guard
          let next = OrderLife.next(
            state, step, isAccepted: isAccepted, isPartial: isPartial || step == .fillPart)
        else { continue }
        #expect(!state.isFinal && next != .free && next != .new)
        if step == .accept { isAccepted = true }
        if step == .fillPart { isPartial = true }
        state = next
      }
    }
  }
}
