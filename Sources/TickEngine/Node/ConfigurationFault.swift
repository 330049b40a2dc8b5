/// Something of a configuration that cannot be, in a sentence that says what to do.
public struct ConfigurationFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// Which setting: `feed.line_a`, `sets[0].workers[1].core`; empty: the whole.
  public let place: String
  public let text: String

  public init(_ place: String, _ text: String) {
    self.place = place
    self.text = text
  }

  public var description: String { place.isEmpty ? text : "\(place): \(text)" }
}
