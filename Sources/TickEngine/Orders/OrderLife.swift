/// Where an order is in its life, as far as this sender knows. The raw values lie in shared memory.
enum OrderState: UInt8, CaseIterable {
  case free = 0
  /// Allowed and encoded; the kernel has none of its bytes.
  case new
  /// Handed to the kernel, not answered.
  case pending
  /// Accepted by the venue and open.
  case live
  case partiallyFilled
  case pendingCancel
  case pendingReplace
  /// The connection was lost, or the sender died, while it was out: what became of it is the
  /// venue's to say.
  case inDoubt
  case filled
  case canceled
  case replaced
  case rejected
  /// It never left, or never came to the venue.
  case withdrawn

  /// Nothing more can happen to it.
  var isFinal: Bool { self == .free || rawValue >= OrderState.filled.rawValue }
}

/// What can happen to an order.
enum OrderStep: UInt8, CaseIterable {
  /// By us: the kernel has taken it; it is known never to have left, or arrived; a cancel or a
  /// replacement is asked for.
  case handOver, withdraw, askCancel, askReplace
  /// By the venue.
  case accept, acceptDead, reject
  case fillPart, fillWhole
  case cancelPart, cancelWhole, putOffCancel, refuseCancel
  case replace, refuseReplace
  case restate, breakTrade
  /// The connection is gone; the venue has said all that it had to say of before, and the order is
  /// still there.
  case disconnect, confirm
}

/// The life of an order as a table: every pair of state and step has its successor or is illegal.
/// The sender counts what is illegal as an anomaly, and changes nothing.
enum OrderLife {
  /// - Parameters:
  ///   - isAccepted: whether the venue has said that it has the order: asked for again before that
  ///     is a state of its own in all but name.
  ///   - isPartial: whether any of it has filled, after the step.
  static func next(
    _ state: OrderState, _ step: OrderStep, isAccepted: Bool, isPartial: Bool
  ) -> OrderState? {
    let working: OrderState = isPartial ? .partiallyFilled : .live
    switch step {
    case .handOver: return state == .new ? .pending : nil
    case .withdraw: return isUnanswered(state, isAccepted) && state != .pending ? .withdrawn : nil
    case .disconnect: return state.isFinal ? nil : .inDoubt
    case .confirm: return state == .inDoubt && isAccepted ? working : nil
    case .accept, .acceptDead, .reject:
      guard isUnanswered(state, isAccepted) else { return nil }
      if step == .reject { return .rejected }
      if step == .acceptDead { return .canceled }
      return state == .pendingCancel ? .pendingCancel : .live
    default: return isAccepted ? ofAccepted(state, step, working) : unaccepted(state, step)
    }
  }

  /// Sent, as far as we know, and the venue has said nothing of it.
  private static func isUnanswered(_ state: OrderState, _ isAccepted: Bool) -> Bool {
    guard !isAccepted else { return false }
    return switch state {
    case .new, .pending, .pendingCancel, .inDoubt: true
    default: false
    }
  }

  private static func unaccepted(_ state: OrderState, _ step: OrderStep) -> OrderState? {
    guard step == .askCancel else { return nil }
    return switch state {
    // Again, too: the bytes of a cancel may have been taken back.
    case .new, .pending, .pendingCancel: .pendingCancel
    case .inDoubt: .inDoubt
    default: nil
    }
  }

  private static func ofAccepted(
    _ state: OrderState, _ step: OrderStep, _ working: OrderState
  ) -> OrderState? {
    let isWorking = state == .live || state == .partiallyFilled
    let isAsked = state == .pendingCancel || state == .pendingReplace
    guard isWorking || isAsked || state == .inDoubt else { return nil }
    switch step {
    case .fillWhole: return .filled
    case .cancelWhole: return .canceled
    // What the venue says of it after a disconnect is news from before, until it has said all.
    case .fillPart, .cancelPart, .restate, .breakTrade: return isWorking ? working : state
    case .askCancel: return isWorking ? .pendingCancel : state
    case .askReplace: return isWorking ? .pendingReplace : nil
    case .putOffCancel: return state == .pendingCancel || state == .inDoubt ? state : nil
    case .refuseCancel:
      return state == .pendingCancel ? working : state == .live ? nil : isAskedOrDoubt(state)
    case .replace: return isAsked || state == .inDoubt ? .replaced : nil
    case .refuseReplace:
      return state == .pendingReplace ? working : state == .inDoubt ? .inDoubt : nil
    default: return nil
    }
  }

  /// A cancel may have been asked for while a replacement was under way, too.
  private static func isAskedOrDoubt(_ state: OrderState) -> OrderState? {
    state == .pendingReplace || state == .inDoubt ? state : nil
  }
}
