import ArgumentParser
import Glibc
import TickEngine
import TickRing

extension RingCommand {
  /// A line each interval, until interrupted, or the region is gone.
  struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Follow a ring: rates, lag and owners, one line each interval.")
    @OptionGroup var place: Place
    @Argument(help: "The region's name.") var name: String
    @Option(help: ArgumentHelp("Time between lines.", valueName: "seconds")) var interval = 1.0
    @Option(help: "Lines to print; by default without end.") var lines: Int?

    func validate() throws {
      guard interval >= 0.01, interval <= 86_400 else {
        throw ValidationError("--interval must be from 0.01 to 86400 seconds.")
      }
      guard lines.map({ $0 >= 1 }) ?? true else {
        throw ValidationError("--lines must be at least 1.")
      }
    }

    func run() throws {
      var last = try look()
      guard last.isRing else {
        throw Complaint.exit("ring watch", "\(name) is no ring: nothing flows in it", .usage)
      }
      var lastTime = MonotonicClock.now
      var printed = 0
      while printed < lines ?? Int.max {
        usleep(UInt32(interval * 1e6))
        let info = try look()
        let time = MonotonicClock.now
        print(RingText.change(from: last, to: info, seconds: Double(time - lastTime) / 1e9))
        fflush(nil)  // the reader of a pipe is watching, too
        (last, lastTime) = (info, time)
        printed += 1
      }
    }

    private func look() throws -> RegionInfo {
      try told("watch") { () throws(RingError) in
        let info = try RegionInfo(directory: place.directory, name: name)
        if let refusal = info.refusal { throw refusal }
        return info
      }
    }
  }

  /// Explains what is left over or broken.
  struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Explain dead owners, damage and leftovers; with --fix remove what nobody uses.",
      discussion: """
        Ends with 0 when every region is in good order, or has been brought into it, and with 1 \
        when there is something left to say. Never removed are a region that any process is \
        attached to, one that no process has used so far, and one of another version.
        """)
    @OptionGroup var place: Place
    @Flag(help: "Remove leftovers: regions that were used and that no process is attached to.")
    var fix = false

    func run() throws {
      let regions = try told("doctor") { () throws(RingError) in
        try RegionInfo.list(directory: place.directory)
      }
      var open = 0
      for region in regions {
        for finding in region.findings { print("\(region.name): \(finding.text)") }
        open += try mend(region)
      }
      print("\(regions.count) regions, \(open) findings open")
      if open > 0 { throw ExitCode(TickwayExit.inconsistent.rawValue) }
    }

    /// How many findings of a region remain.
    private func mend(_ region: RegionInfo) throws -> Int {
      let findings = region.findings
      guard fix, findings.contains(where: \.isLeftover) else { return findings.count }
      do throws(RingError) {
        try region.removeUnused()
        print("\(region.name): removed")
        return 0
      } catch {
        print("\(region.name): kept: \(error.reason)")
        return findings.count
      }
    }
  }
}
