import Foundation
import Glibc

/// A terminal of a test's own, at whose other end the test sits.
final class Terminal {
  private let master: Int32
  private let slave: Int32
  private let before: termios
  /// What was written to it.
  private(set) var seen = ""

  init(rows: UInt16, columns: UInt16) throws {
    var (master, slave): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&master, &slave, nil, nil, &size) == 0 else { throw CocoaError(.fileReadUnknown) }
    (self.master, self.slave) = (master, slave)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    before = Terminal.settings(slave)
  }

  deinit {
    close(master)
    close(slave)
  }

  /// Starts the command in it.
  func start(_ arguments: [String]) throws -> Running {
    let handle = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
    return try Running([Command.path] + arguments, terminal: handle)
  }

  /// Whether that is written to it in time.
  func shows(_ text: String, within seconds: Double) -> Bool {
    eventually(within: seconds) {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = read(master, &bytes, bytes.count)
      if count > 0 { seen += String(decoding: bytes[..<count], as: UTF8.self) }
      return seen.contains(text)
    }
  }

  func resize(rows: UInt16, columns: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  func forget() { seen = "" }

  func type(_ text: String) { _ = write(master, text, text.utf8.count) }

  /// Whether its settings are those that it began with.
  var isAsBefore: Bool { Terminal.settings(slave).c_lflag == before.c_lflag }

  private static func settings(_ descriptor: Int32) -> termios {
    var settings = termios()
    tcgetattr(descriptor, &settings)
    return settings
  }
}
