import ArgumentParser
import Foundation
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
        // Not `usleep`, whose microseconds end before a day does.
        Thread.sleep(forTimeInterval: interval)
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
}
