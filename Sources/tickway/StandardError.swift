import Glibc

/// Where the command says what went wrong: unbuffered, so that a message is out before an exit.
struct StandardError: TextOutputStream {
  mutating func write(_ string: String) {
    let bytes = Array(string.utf8)
    // Nothing is left to be told if even this fails.
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
