/// Looks at all of the machine that matters to a trading line. Reads `/proc`, `/sys` and the room
/// of `/dev/shm`; changes nothing.
///
/// ```swift
/// for finding in MachineDoctor().findings() where finding.verdict != .ok { print(finding.what) }
/// ```
public struct MachineDoctor: Sendable {
  private let files: MachineFiles
  private let space: @Sendable (String) -> FileSystemSpace?

  /// - Parameters:
  ///   - root: in front of every path; empty: this machine's own.
  ///   - space: how much room a file system has.
  init(root: String, space: @escaping @Sendable (String) -> FileSystemSpace?) {
    files = MachineFiles(root: root)
    self.space = space
  }

  public init() { self.init(root: "") { FileSystemSpace(at: $0) } }

  /// In the order in which they are told; the same subjects on every machine.
  public func findings() -> [MachineFinding] {
    CoreCheck.findings(files) + SmtCheck.findings(files) + FrequencyCheck.findings(files)
      + ClockCheck.findings(files) + LimitCheck.findings(files) + SchedulingCheck.findings(files)
      + InterruptCheck.findings(files) + PageCheck.findings(files)
      + SharedMemoryCheck.findings(files, space) + NumaCheck.findings(files)
      + SwapCheck.findings(files) + NetworkCheck.findings(files) + KernelCheck.findings(files)
  }
}

/// What `tickway doctor --json` prints: schema `tickway.doctor/1`.
public struct DoctorReport: Codable, Equatable, Sendable {
  public var schema = "tickway.doctor/1"
  public let machine: MachineCard
  public let findings: [MachineFinding]
  /// Absent if it was not asked for.
  public let jitter: [CoreJitter]?
  /// Whether the cores were measured all at once, or one after another; absent without `jitter`.
  public let isTogether: Bool?

  enum CodingKeys: String, CodingKey {
    case schema, machine, findings, jitter
    case isTogether = "jitter_together"
  }

  public init(
    findings: [MachineFinding], jitter: [CoreJitter]? = nil, isTogether: Bool? = nil
  ) {
    machine = .current()
    self.findings = findings
    self.jitter = jitter
    self.isTogether = isTogether
  }

  /// Whether trading here would be unsafe, or impossible.
  public var isUnsafe: Bool { findings.contains { $0.verdict == .unsafe } }
}
