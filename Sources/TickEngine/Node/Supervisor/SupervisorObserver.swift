/// What a supervisor says while it runs. Called on its thread.
public struct SupervisorObserver: Sendable {
  /// A sentence for the operator.
  public var note: @Sendable (_ text: String) -> Void
  /// A line that a role said on its standard error.
  public var line: @Sendable (_ role: String, _ text: String) -> Void
  /// What a role printed on its standard output, when it has ended.
  public var printed: @Sendable (_ role: String, _ pid: Int32, _ text: String) -> Void

  public init(
    note: @escaping @Sendable (_ text: String) -> Void = { _ in },
    line: @escaping @Sendable (_ role: String, _ text: String) -> Void = { _, _ in },
    printed: @escaping @Sendable (_ role: String, _ pid: Int32, _ text: String) -> Void = {
      _, _, _ in
    }
  ) {
    self.note = note
    self.line = line
    self.printed = printed
  }
}
