import Glibc
import TickWire

/// The report of a publication that has ended.
extension PublishRole where Source: ~Copyable {
  func report(_ options: PublishOptions, _ framing: PublishFraming) -> PublishReport {
    var report = PublishReport(machine: MachineCard.current())
    report.source = PublishReport.Source(publication.source.counts)
    report.source.paths = options.captures
    report.source.framing = framing.rawValue
    report.source.session = publication.source.lastSession?.text
    for line in 0..<publication.lines.count {
      var entry = PublishReport.Line(publication.lines[line])
      entry.name = line == 0 ? "a" : "b"
      report.lines.append(entry)
    }
    report.missing.lost = publication.losses.lost
    report.missing.lostOrCorrupted = publication.losses.lostOrCorrupted
    report.missing.beforeFirst = publication.losses.beforeFirst
    if publication.source.servesRequests {
      report.requests = publication.source.requestCounts
    }
    report.run = run(options, messages: report.source.messages)
    return report
  }

  private func run(_ options: PublishOptions, messages: UInt64) -> PublishReport.Run {
    var run = PublishReport.Run()
    run.pace = options.pace.text
    run.seed = options.seed
    run.stopped = publication.isStopped
    run.seconds = Double(publication.ended_ns - publication.started_ns) / 1e9
    if options.pace != .max {
      let intended = publication.intendedEnd_ns - publication.started_ns
      run.intendedSeconds = Double(intended) / 1e9
    }
    if run.seconds > 0 { run.messagesPerSecond = Double(messages) / run.seconds }
    return run
  }
}

extension PublishReport.Source {
  init(_ counts: PublishSourceCounts) {
    self.init()
    packets = counts.packets
    heartbeats = counts.heartbeats
    messages = counts.messages
    ignored = counts.ignored
    truncated = counts.truncated
    cutTail = counts.isTailCut
    trailingBytes = counts.trailingBytes
    unknown = counts.unknown
    malformed = counts.malformed
    tooLong = counts.tooLong
    restarts = counts.restarts
  }
}

extension PublishReport.Line {
  init(_ line: borrowing PublishLine) {
    self.init()
    address = "\(line.address)"
    let faults = line.faultCounts
    offered = faults.offered
    lost = faults.lost
    lostInBursts = faults.lostInBursts
    duplicated = faults.duplicated
    reordered = faults.reordered
    delayed = faults.delayed
    undelayed = faults.undelayed
    corrupted = faults.corrupted
    heartbeatsIdle = line.heartbeatsIdle
    let sends = line.sender.counts
    sent = sends.packets
    bytes = sends.bytes
    batches = sends.batches
    waits = sends.waits
    failed = sends.failed
    // strerror returns a NUL-terminated string for every code; it is copied at once.
    if failed > 0 { lastError = unsafe String(cString: strerror(sends.lastError)) }
  }
}
