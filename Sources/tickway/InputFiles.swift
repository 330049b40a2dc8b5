import Foundation
import Glibc
import TickEngine

/// A file of settings that cannot be used, in a sentence that says what to do.
struct InputFileError: Error, CustomStringConvertible {
  let description: String
  /// Whether it could not even be read.
  var isUnreadable = false

  /// The whole file, or what comes out of a pipe. (Not by way of `Data(contentsOf:)`, to which a
  /// pipe is a lack of permission.)
  ///
  /// - Parameter isAgain: of one that was read before: a pipe would have to be waited for.
  static func contents(
    _ path: String, _ what: String, isAgain: Bool = false
  ) throws(InputFileError) -> Data {
    func failure(_ why: String) -> InputFileError {
      InputFileError(
        description: "cannot read the \(what) file \(path): \(why)", isUnreadable: true)
    }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | (isAgain ? O_NONBLOCK : 0))
    guard descriptor >= 0 else {
      let why = unsafe String(cString: strerror(errno))
      throw failure("\(why); check the path and its permissions")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    let isKnown = unsafe fstat(descriptor, &status) == 0
    guard isKnown, (isAgain ? [S_IFREG] : [S_IFREG, S_IFIFO]).contains(status.st_mode & S_IFMT)
    else {
      throw failure("it is no regular file\(isAgain ? "" : ", nor a pipe"); give one that is")
    }
    do { return try handle.readToEnd() ?? Data() } catch {
      throw failure(error.localizedDescription)
    }
  }
}

/// `--symbols FILE`: a symbol a line; empty lines and what follows a # are skipped.
enum SymbolList {
  static func read(_ path: String) throws(InputFileError) -> [String] {
    let text = String(decoding: try InputFileError.contents(path, "symbols"), as: UTF8.self)
    var symbols: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let content = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
      if !content.isEmpty { symbols.append(content) }
    }
    guard !symbols.isEmpty else {
      throw InputFileError(description: "the symbols file \(path) names no symbol")
    }
    return symbols
  }
}

/// `--limits FILE`, or the JSON object itself.
enum LimitsFile {
  static func read(_ path: String) throws(InputFileError) -> RiskLimits {
    if path.hasPrefix("{") {
      do { return try RiskLimits(json: Data(path.utf8)) } catch {
        throw InputFileError(description: "--limits: \(error)")
      }
    }
    let data = try InputFileError.contents(path, "limits")
    do { return try RiskLimits(json: data) } catch {
      throw InputFileError(description: "the limits file \(path): \(error)")
    }
  }
}

/// `--reference FILE`.
enum ReferenceFile {
  static func read(
    _ path: String, isAgain: Bool = false
  ) throws(InputFileError) -> ReferenceData {
    let data = try InputFileError.contents(path, "reference", isAgain: isAgain)
    do { return try ReferenceData(csv: data) } catch {
      throw InputFileError(description: "the reference file \(path): \(error)")
    }
  }
}

/// `--positions FILE`.
enum PositionsFile {
  static func read(_ path: String) throws(InputFileError) -> OpeningPositions {
    let data = try InputFileError.contents(path, "positions")
    do { return try OpeningPositions(csv: data) } catch {
      throw InputFileError(description: "the positions file \(path): \(error)")
    }
  }
}

/// `--returns FILE`, `--recorded FILE`.
enum ReturnsFile {
  static func read(_ path: String) throws(InputFileError) -> ReturnTable {
    let data = try InputFileError.contents(path, "returns")
    do { return try ReturnTable(csv: data) } catch {
      throw InputFileError(description: "the returns file \(path): \(error)")
    }
  }

  /// Throws unless a value at risk can be had from them.
  static func check(_ path: String) throws(InputFileError) {
    let table = try read(path)
    do { _ = try Covariance(table) } catch {
      throw InputFileError(description: "the returns file \(path): \(error)")
    }
  }

  /// Whether both files of a recording are there; reading them takes as long as they are.
  static func look(atRecording path: String) throws(InputFileError) {
    for file in [path, "\(path).symbols.csv"] {
      guard unsafe access(file, R_OK) == 0 else {
        throw InputFileError(
          description: "cannot read \(file): \(unsafe String(cString: strerror(errno)))",
          isUnreadable: true)
      }
    }
  }
}

/// A file that is replaced or written while it is in use.
final class ChangingFile: @unchecked Sendable {
  private let path: String
  private var seen: [UInt64]

  init(_ path: String) {
    self.path = path
    seen = ChangingFile.look(path)
  }

  /// Whether it is another file, or was written, since it was asked last. Thread: one.
  func hasChanged() -> Bool {
    let now = ChangingFile.look(path)
    defer { seen = now }
    return now != seen
  }

  private static func look(_ path: String) -> [UInt64] {
    var status = stat()
    // What comes out of a pipe comes once.
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
    return [
      UInt64(status.st_ino), UInt64(bitPattern: Int64(status.st_size)),
      UInt64(bitPattern: Int64(status.st_mtim.tv_sec)),
      UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
    ]
  }
}
