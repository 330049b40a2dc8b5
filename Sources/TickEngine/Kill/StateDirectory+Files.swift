import CLinux
import Foundation
import Glibc

/// How the state directory's files are read and written: whole, synchronised, with the rights of
/// whoever's directory it is, and with what `errno` says when they are not.
extension StateDirectory {
  /// All that lies in it.
  func names() throws(StateFailure) -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: path) } catch {
      // Asked again, since the error does not say it: readable by now is unreadable then.
      errno = unsafe access(path, R_OK | X_OK) == 0 ? EIO : errno
      throw failed(path)
    }
  }

  /// A record, or one byte more than any has; nil: it cannot be read.
  static func read(_ path: String) -> Data? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: recordBytesMax + 1)
    var length = 0
    while length < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { raw in
        unsafe Glibc.read(descriptor, raw.baseAddress! + length, raw.count - length)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      length += count
    }
    return Data(bytes[..<length])
  }

  /// A whole file on disk under a name that nobody looks for.
  func writeHidden(
    _ content: some Encodable, _ instance: String
  ) throws(StateFailure) -> String {
    let hidden = "\(path)/.\(instance).\(getpid()).\(UInt64.random(in: 0 ... .max))"
    guard let line = try? JSONText.line(content) else {
      throw StateFailure(kind: .other, description: "\(hidden): cannot be encoded")
    }
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    try append(line + "\n", to: hidden, flags)
    return hidden
  }

  /// A line of the instance's log.
  func appendLine(
    _ content: some Encodable, of instance: String
  ) throws(StateFailure) {
    let file = "\(path)/\(instance).log"
    guard let line = try? JSONText.line(content) else {
      throw StateFailure(kind: .other, description: "\(file): cannot be encoded")
    }
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    try append(line + "\n", to: file, flags)
  }

  /// One write, synchronised.
  private func append(_ text: String, to file: String, _ flags: Int32) throws(StateFailure) {
    let descriptor = unsafe open(file, flags, 0o644)
    guard descriptor >= 0 else { throw failed(file) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    let count = unsafe bytes.withUnsafeBytes { raw in
      unsafe Glibc.write(descriptor, raw.baseAddress, raw.count)
    }
    guard count == bytes.count, fsync(descriptor) == 0 else {
      if count >= 0 && count < bytes.count { errno = ENOSPC }
      let isHidden = flags & O_EXCL != 0
      throw failed(file, removing: isHidden ? file : nil)
    }
  }

  /// Root writes with the rights of whoever's directory it is.
  func asOwner<Value>(
    _ body: () throws(StateFailure) -> Value
  ) throws(StateFailure) -> Value {
    var directory = stat()
    guard geteuid() == 0, unsafe stat(path, &directory) == 0,
      owner ?? directory.st_uid != 0
    else { return try body() }
    clinux_files_as(owner ?? directory.st_uid, directory.st_gid)
    defer { clinux_files_as(0, getegid()) }
    return try body()
  }

  /// Its names are on disk when this returns.
  func synchronise() throws(StateFailure) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failed(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failed(path) }
  }

  func makeDirectory() throws(StateFailure) {
    guard unsafe access(path, F_OK) != 0 else { return }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      let isDenied = errno == EACCES || errno == EROFS
      throw StateFailure(
        kind: isDenied ? .permission : .other, description: "\(path) cannot be made: \(error)")
    }
    // Its own name has to last, too.
    let parent = StateDirectory(path: URL(filePath: path).deletingLastPathComponent().path)
    try? parent.synchronise()
  }

  /// What `errno` says about a file.
  func failed(_ file: String, removing hidden: String? = nil) -> StateFailure {
    let code = errno
    if let hidden { _ = unsafe unlink(hidden) }
    let kind: StateFailure.Kind =
      switch code {
      case EEXIST: .changedMeanwhile
      case ENOENT: .absent
      case EACCES, EPERM, EROFS: .permission
      case ENOSPC, EDQUOT: .full
      default: .other
      }
    return StateFailure(
      kind: kind, description: "\(file): \(unsafe String(cString: strerror(code)))")
  }
}
