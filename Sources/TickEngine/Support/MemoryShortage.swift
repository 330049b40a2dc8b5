import Glibc

/// The tables that somebody asks for by an option are larger than what the process may have.
public struct MemoryShortage: Error, Equatable, Sendable, CustomStringConvertible {
  public let needed_bytes: Int
  /// The options that make them smaller.
  public let options: String

  public var description: String {
    "no memory for tables of \(needed_bytes / 1_048_576) MiB: give a smaller \(options), or let the"
      + " process have more (`ulimit -v`, the machine's memory)"
  }

  /// Asks before anything is made, since a table that finds no room traps: what the kernel refuses
  /// as one piece now it would refuse in parts later. What others take meanwhile it cannot know.
  ///
  /// - Parameter options: what to make smaller.
  static func check(_ needed_bytes: Int, options: String) throws(MemoryShortage) {
    // Nothing is touched, and nothing of it used.
    let tried = unsafe mmap(
      nil, needed_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let tried = unsafe tried, unsafe tried != MAP_FAILED else {
      throw MemoryShortage(needed_bytes: needed_bytes, options: options)
    }
    unsafe munmap(tried, needed_bytes)
  }
}
