import Glibc

/// The memory a capture is read from: a private read-only mapping of the file, or, for gzip, a
/// heap block with the inflated content. Freed once, at the end of its one owner.
///
/// A file that another process cuts short while it is mapped raises SIGBUS on the next read of
/// the missing part, as every mapped file does: replay copies, not files being rotated.
@safe
struct CaptureMemory: ~Copyable, @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let isMapped: Bool
  let count: Int

  /// A view of all of it, valid while this value lives.
  var bytes: Bytes { unsafe Bytes(UnsafeRawPointer(base), count: count) }

  /// Takes over a block from malloc.
  @unsafe init(takingHeap base: UnsafeMutableRawPointer, count: Int) {
    unsafe self.base = base
    self.count = count
    isMapped = false
  }

  /// Maps the whole of the regular file at `path`.
  init(mapping path: String) throws(CaptureError) {
    // Non-blocking, so that a FIFO without a writer is refused instead of waited for.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
    defer { close(descriptor) }
    let length = try CaptureMemory.length(ofFile: descriptor, path)
    let address = unsafe mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw .cannotOpen(path: path, code: errno)
    }
    // Advice only: a refusal costs speed and nothing else.
    _ = unsafe madvise(address, length, MADV_SEQUENTIAL)
    _ = unsafe madvise(address, length, MADV_WILLNEED)
    unsafe base = address
    count = length
    isMapped = true
  }

  deinit {
    if isMapped {
      unsafe munmap(base, count)
    } else {
      unsafe free(base)
    }
  }

  private static func length(
    ofFile descriptor: Int32, _ path: String
  ) throws(CaptureError) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .cannotOpen(path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .notARegularFile(path: path, kind: kind(ofMode: status.st_mode))
    }
    guard status.st_size > 0 else { throw .empty(path: path) }
    return Int(status.st_size)
  }

  private static func kind(ofMode mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "not a regular file"
    }
  }
}
