import Glibc

/// A file that appears under its name only when it is whole: written without a name where the
/// file system can (`O_TMPFILE`: not even SIGKILL leaves anything behind), else under a temporary
/// name beside the target, and renamed by `commit`. Dropped without `commit`, it leaves nothing.
/// One that is kept has the temporary name, `PATH.PID.partial`, from the beginning, so that SIGKILL
/// leaves what was written; dropped without `commit`, it is `PATH.partial`, unless it is empty.
///
/// What exists already and is no regular file (a pipe, `/dev/stdout`) is written to directly:
/// renaming over it would replace the device.
///
/// - Errors: `Failure`, with the `errno` and what was being done.
/// - Thread safety: one owner.
public struct AtomicFile: ~Copyable {
  /// What could not be done with a file, and why.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public enum Step: String, Sendable { case create, write, rename }
    public let step: Step
    public let path: String
    /// The `errno` of the call that failed.
    public let code: Int32

    public var description: String {
      "cannot \(step.rawValue) \(path): \(unsafe String(cString: strerror(code)))"
    }
  }

  public let path: String
  private let descriptor: Int32
  /// The temporary name; nil while there is none to remove.
  private var currentName: String?
  /// Also set where there is nothing to do: what is written to directly.
  private var isCommitted: Bool
  private let isKept: Bool

  // The C macro is an expression the importer does not see: __O_TMPFILE | O_DIRECTORY.
  private static let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY

  public init(path: String, isKept: Bool = false) throws(Failure) {
    let kind = Self.kind(of: path)
    let isDirect = kind != nil && kind != S_IFREG
    // All the ways to fail come before the first property is set.
    let opened = isDirect ? try Self.openDirectly(path, kind) : try Self.openNew(path, isKept)
    self.path = path
    self.isKept = isKept
    descriptor = opened.descriptor
    currentName = opened.name
    isCommitted = isDirect
  }

  deinit {
    var status = stat()
    let isEmpty = unsafe fstat(descriptor, &status) != 0 || status.st_size == 0
    close(descriptor)
    guard let currentName, !isCommitted else { return }
    let partial = path + Self.partialSuffix
    if isEmpty || !isKept {
      _ = unsafe unlink(currentName)
    } else if unsafe access(partial, F_OK) != 0 {
      // What an earlier run left there stays.
      _ = unsafe rename(currentName, partial)
    }
  }

  /// Writes all of `buffer`.
  public func write(_ buffer: UnsafeRawBufferPointer) throws(Failure) {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
      let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Failure(step: .write, path: path, code: errno) }
      done += count
    }
  }

  /// Writes a text as UTF-8.
  public func write(_ text: String) throws(Failure) {
    var text = text
    // The bytes are read within the closure, and nowhere else.
    let result = text.withUTF8 { buffer in
      Result { () throws(Failure) in try unsafe write(UnsafeRawBufferPointer(buffer)) }
    }
    try result.get()
  }

  /// What the name of a file ends in that is known not to be whole.
  public static let partialSuffix = ".partial"

  /// Gives the file its name, in place of what had it.
  ///
  /// - Parameter isPartial: what there is, is not all: the name says so by `partialSuffix`.
  public consuming func commit(isPartial: Bool = false) throws(Failure) {
    guard !isCommitted else { return }
    let path = isPartial ? self.path + Self.partialSuffix : self.path
    if currentName == nil {
      let name = Self.temporaryName(path)
      let source = "/proc/self/fd/\(descriptor)"
      guard unsafe linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 else {
        throw Failure(step: .rename, path: path, code: errno)
      }
      currentName = name
    }
    guard let name = currentName, unsafe rename(name, path) == 0 else {
      throw Failure(step: .rename, path: path, code: errno)
    }
    isCommitted = true
  }

  /// The type bits of what `path` names; nil if there is nothing.
  private static func kind(of path: String) -> mode_t? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  private static func openDirectly(
    _ path: String, _ kind: mode_t?
  ) throws(Failure) -> (descriptor: Int32, name: String?) {
    if kind == S_IFDIR { throw Failure(step: .create, path: path, code: EISDIR) }
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(step: .create, path: path, code: errno) }
    return (descriptor, nil)
  }

  private static func openNew(
    _ path: String, _ isKept: Bool
  ) throws(Failure) -> (descriptor: Int32, name: String?) {
    if !isKept {
      let hidden = unsafe open(directory(of: path), O_WRONLY | O_CLOEXEC | unnamed, 0o666)
      if hidden >= 0 { return (hidden, nil) }
    }
    // Names of the dead may be taken: within containers a pid comes back at each start.
    for number in 0..<3 {
      let name = temporaryName(number == 0 ? path : "\(path).\(MonotonicClock.now)")
      let descriptor = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, name) }
      guard errno == EEXIST else { break }
    }
    throw Failure(step: .create, path: path, code: errno)
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func temporaryName(_ path: String) -> String { "\(path).\(getpid()).partial" }
}
