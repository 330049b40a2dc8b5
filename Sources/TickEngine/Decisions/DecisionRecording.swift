import TickRing

/// The ring of a sender's decisions, and the file that a recorder writes of them.
///
/// Thread: the starter's.
final class DecisionRecording {
  /// Of the ring; six a decision.
  static let slots = 131_072

  let region: SharedRegion
  private let path: String
  private let isKept: Bool
  private let context: DecisionContext

  /// nil: nobody wants a record.
  ///
  /// - Parameter node: the sender's NUMA node, where there are several.
  init?(_ options: ReplayOptions, node: Int? = nil) throws {
    guard let path = options.decisionsPath else { return nil }
    self.path = path
    isKept = options.isLive
    context = DecisionContext(options)
    region = SharedRegion(
      try Region.createUnnamed(
        .events, directory: options.ringDirectory, capacity: DecisionRecording.slots, node: node))
  }

  /// For the one recorder.
  func tap() throws -> Slab<Recorder.DecisionTap> {
    try Slab(count: 1) { _ in
      Recorder.DecisionTap(
        ring: try DecisionConsumer(claiming: region.attach()),
        writer: try DecisionWriter(RecordingFile(path: path, isKept: isKept), context))
    }
  }

  /// A recorder of decisions alone.
  func recorder(directory: SharedRegion, page: SharedRegion) throws -> Recorder {
    Recorder(
      ticks: Slab(count: 0) { _ in preconditionFailure("none") },
      merges: Slab(count: 0) { _ in preconditionFailure("none") },
      requests: Slab(count: 0) { _ in preconditionFailure("none") }, ordersFile: nil,
      decisions: try tap(), directory: DirectoryReader(try directory.attach()),
      control: ControlPage(try page.attach()))
  }
}
