/// One thing of the machine that matters to a trading line: what is so, what it costs, and what
/// mends it.
public struct MachineFinding: Codable, Equatable, Sendable {
  public enum Verdict: String, Codable, Sendable {
    case ok
    /// Latency, or comfort, is lost.
    case warning
    /// Trading on this machine is unsafe, or impossible, as long as it is so.
    case unsafe
    /// The machine does not say. That is never the same as good.
    case unknown
  }

  /// A short name, the same on every machine; several findings may have the same.
  public let subject: String
  public let verdict: Verdict
  /// What is so.
  public let what: String
  /// What that costs; nil if nothing.
  public let cost: String?
  /// The command that mends it, or that tells more; nil if there is nothing to be done.
  public let remedy: String?

  static func ok(_ subject: String, _ what: String) -> MachineFinding {
    MachineFinding(subject: subject, verdict: .ok, what: what, cost: nil, remedy: nil)
  }

  static func warning(
    _ subject: String, _ what: String, cost: String, remedy: String
  ) -> MachineFinding {
    MachineFinding(subject: subject, verdict: .warning, what: what, cost: cost, remedy: remedy)
  }

  static func unsafe(
    _ subject: String, _ what: String, cost: String, remedy: String
  ) -> MachineFinding {
    MachineFinding(subject: subject, verdict: .unsafe, what: what, cost: cost, remedy: remedy)
  }

  /// - Parameter remedy: where else it may be seen.
  static func unknown(_ subject: String, _ what: String, remedy: String) -> MachineFinding {
    MachineFinding(
      subject: subject, verdict: .unknown, what: what,
      cost: "unknown is not good: a tail may come from here", remedy: remedy)
  }
}
