import TickRing

/// The regions of an ingester's name: `NAME.directory`, `NAME.ticks.0` and so on. What this run
/// made goes with it, also when it never begins; what a predecessor left is gone on with, and
/// outlives a start that fails, since it may be in use.
///
/// Thread safety: one thread.
final class NamedRegions {
  private let options: IngestOptions
  /// Names that go when this does.
  private var own: [String] = []

  init(_ options: IngestOptions) { self.options = options }

  deinit {
    for name in own { try? Region.remove(directory: options.ringDirectory, name: name) }
  }

  func open(_ kind: RegionKind, _ suffix: String, capacity: Int) throws -> Region {
    let name = "\(options.name).\(suffix)"
    do throws(RingError) {
      let region = try Region.create(
        kind, directory: options.ringDirectory, name: name, capacity: capacity)
      own.append(name)
      return region
    } catch {
      guard error.kind == .exists else { throw error }
    }
    let region = try Region.attach(kind, directory: options.ringDirectory, name: name)
    guard region.capacity == capacity else {
      throw IngestError.options(
        "\(options.ringDirectory)/\(name) is there with \(region.capacity) slots, not \(capacity):"
          + " use that number, another --name, or `tickway ring remove \(name)`")
    }
    return region
  }

  /// The run has ended: its names go now, those of a predecessor too, or stay if that is asked for.
  func end(rings: Int) {
    let suffixes = ["directory"] + (0..<rings).map { "ticks.\($0)" }
    own = options.keepsRings ? [] : suffixes.map { "\(options.name).\($0)" }
  }
}
