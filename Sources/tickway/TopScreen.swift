import Foundation
import TickEngine

/// The terminal while something is watched in it: another screen, no echo, no cursor; as it was
/// once `leave` is called, or a signal ends the wait. SIGKILL alone leaves it as it is (`reset`).
///
/// Thread: the command's main one.
final class TopScreen {
  /// How soon a key, a signal or a new size is seen, ms.
  private static let slice_ms: Int32 = 50

  let isWatched: Bool
  private var before: termios?
  private var hasLeft = false
  private var size: (rows: Int, columns: Int) = (0, 0)

  /// - Parameter isWatched: whether there is a terminal to draw in.
  init(isWatched: Bool) {
    self.isWatched = isWatched
    StopSignals.block()
    guard isWatched else { return }
    takeKeys()
    write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
  }

  /// The terminal as it was. A second time changes nothing.
  func leave() {
    guard isWatched, !hasLeft else { return }
    hasLeft = true
    write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
    if var before { unsafe _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
  }

  deinit { leave() }

  /// Draws what `lines` makes of the terminal's rows and columns.
  func draw(_ lines: (_ rows: Int, _ columns: Int) -> [String]) {
    size = TopScreen.terminalSize
    let shown = lines(size.rows, size.columns)
    let text = shown.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n")
    write("\u{1B}[H\(text)\u{1B}[J")
  }

  /// Waits, and calls `redraw` when the terminal has another size. How the user has ended it; nil:
  /// the time is over.
  func wait(seconds: Double, redraw: () -> Void) -> TickwayExit? {
    let deadline = MonotonicClock.now + UInt64(seconds * 1e9)
    while true {
      let now = MonotonicClock.now
      guard now < deadline else { return nil }
      let left_ms = Int32((deadline - now + 999_999) / 1_000_000)
      switch StopSignals.wait(milliseconds: min(left_ms, TopScreen.slice_ms)) {
      case SIGINT: return .interrupted
      case SIGTERM: return .terminated
      default: break
      }
      guard isWatched else { continue }
      if let end = key() { return end }
      if TopScreen.terminalSize != size { redraw() }
    }
  }

  // MARK: The terminal

  /// Without keys, if the input is no terminal: a signal ends it then.
  private func takeKeys() {
    var settings = termios()
    guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
    before = settings
    // Ctrl-C comes as a key, and Ctrl-Z as none: it would leave this screen behind.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
    unsafe _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }

  private func key() -> TickwayExit? {
    guard before != nil else { return nil }
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&input, 1, 0) == 1 {
      var byte: UInt8 = 0
      guard unsafe read(STDIN_FILENO, &byte, 1) == 1 else { return .terminated }
      if byte == UInt8(ascii: "q") { return .ok }
      if byte == 3 { return .interrupted }
    }
    return nil
  }

  /// 24 by 80 where it does not say.
  private static var terminalSize: (rows: Int, columns: Int) {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0,
      size.ws_col > 0
    else { return (24, 80) }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  private func write(_ text: String) {
    print(text, terminator: "")
    fflush(nil)
  }
}
