import ArgumentParser
import Foundation
import TickEngine

/// `tickway top`: a running instance, looked at from another process.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Watch a running instance: roles, rates, rings, latencies, orders, positions.",
    discussion: """
      Only reads: nothing that it looks at is changed or slowed. Rates and latencies are of the \
      interval before the view. A role whose process is gone, or that lost its ring, is shown as \
      dead, whatever its table says. q or Ctrl-C ends it.

      Without NAME the only running instance is meant; of several the names are printed.
      """)

  @OptionGroup var place: GatePlace
  @Argument(help: "The instance.") var name: String?
  @Option(help: ArgumentHelp("Time between views.", valueName: "seconds")) var interval = 1.0
  @Flag(help: "Print one view, of one interval, and end.") var once = false
  @Flag(help: "One JSON object (tickway.top/1) a line for each interval.") var json = false

  func validate() throws {
    guard interval >= 0.01, interval <= 3_600 else {
      throw ValidationError("--interval must be from 0.01 to 3600 seconds.")
    }
  }

  func run() throws {
    guard let name = try name ?? onlyInstance() else { return }
    var last = try TopView(name, place)
    let screen = TopScreen(isWatched: !once && !json && isatty(STDOUT_FILENO) == 1)
    defer { screen.leave() }
    var earlier: TopView?
    if screen.isWatched { draw(last, since: nil, screen) }
    while true {
      let end = screen.wait(seconds: interval) { draw(last, since: earlier, screen) }
      if let end {
        screen.leave()
        throw ExitCode(end.rawValue)
      }
      (earlier, last) = (last, try TopView(name, place, onFailure: screen.leave))
      try show(last, since: earlier, screen)
      if once { return }
    }
  }

  private func draw(_ view: TopView, since earlier: TopView?, _ screen: TopScreen) {
    let text = TopText(view, since: earlier)
    screen.draw { text.lines(rows: $0, columns: $1) }
  }

  private func show(_ view: TopView, since earlier: TopView?, _ screen: TopScreen) throws {
    if screen.isWatched { return draw(view, since: earlier, screen) }
    if json {
      print(try JSONText.line(TopReport(view, since: earlier)))
    } else {
      let lines = TopText(view, since: earlier).lines
      print(lines.joined(separator: "\n") + (once ? "" : "\n"))
    }
    fflush(nil)  // the reader of a pipe is watching, too
  }

  /// nil: there are several, and they have been printed.
  private func onlyInstance() throws -> String? {
    let running = NodeObserver.running(ringDirectory: place.ringDirectory)
    guard let first = running.first else {
      throw Complaint.exit(
        "top", "no instance is running in \(place.ringDirectory)", .unknownName)
    }
    if running.count == 1 { return first }
    if json {
      print(try JSONText.line(["instances": running]))
    } else {
      print(running.joined(separator: "\n"))
    }
    return nil
  }
}
