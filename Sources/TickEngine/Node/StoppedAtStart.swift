/// A role was told to stop before it could begin.
public struct StoppedAtStart: Error, CustomStringConvertible {
  /// SIGINT or SIGTERM.
  public let signal: Int32
  /// What it waited for.
  let why: String

  public var description: String { "told to stop before it could begin: \(why)" }
}
