import Glibc
import TickWire

/// Why a secret cannot be had, in a sentence that does not tell it.
public struct SecretFailure: Error, Equatable, CustomStringConvertible {
  public let description: String
}

extension NodeConfiguration.Secret {
  /// Longer than any password may be.
  private static let byteCountMax = 4_096

  /// The secret itself, to be put into a role's environment and nowhere else.
  /// - Parameter environment: the supervisor's own.
  public func read(_ environment: [String: String]) throws(SecretFailure) -> String {
    switch self {
    case .environment(let name):
      guard let value = environment[name] else {
        throw SecretFailure(
          description: "the environment variable \(name) is not set: the venue's password is"
            + " expected there")
      }
      return try checked(value, name)
    case .file(let path): return try checked(try contents(path), path)
    }
  }

  private func checked(_ secret: String, _ source: String) throws(SecretFailure) -> String {
    guard FixedText(secret, lengthMax: SoupBin.passwordLength) != nil else {
      throw SecretFailure(
        description: "\(source): at most \(SoupBin.passwordLength) printable characters can be a"
          + " venue's password")
    }
    return secret
  }

  /// The first line of a file that nobody else may read.
  private func contents(_ path: String) throws(SecretFailure) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw SecretFailure(
        description: "\(path): \(unsafe String(cString: strerror(errno))): check the path")
    }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw SecretFailure(description: "\(path): not a file")
    }
    // Of the file that is open: a path may lead elsewhere a moment later.
    guard status.st_mode & 0o077 == 0 else {
      throw SecretFailure(
        description: "\(path): others may read it: `chmod 600 \(path)`, and change the password")
    }
    var bytes = [UInt8](repeating: 0, count: Self.byteCountMax)
    let count = unsafe bytes.withUnsafeMutableBytes { raw in
      unsafe Glibc.read(file, raw.baseAddress!, raw.count)
    }
    guard count >= 0 else {
      throw SecretFailure(description: "\(path): \(unsafe String(cString: strerror(errno)))")
    }
    let line = bytes[..<count].prefix { $0 != 0x0A && $0 != 0x0D }
    guard !line.isEmpty else {
      throw SecretFailure(description: "\(path): its first line is empty")
    }
    return String(decoding: line, as: UTF8.self)
  }
}
