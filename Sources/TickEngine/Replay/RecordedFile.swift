import Foundation

/// A file of fixed-size records as a run left it, read in place.
struct RecordedFile {
  private let data: Data
  private let recordBytes: Int
  let count: Int

  init(_ path: String, recordBytes: Int) throws(RerunError) {
    data = try RecordedFile.read(path)
    guard data.count.isMultiple(of: recordBytes) else {
      throw .damaged(path, "its length is not a number of whole records")
    }
    self.recordBytes = recordBytes
    count = data.count / recordBytes
  }

  static func read(_ path: String) throws(RerunError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw .unreadable(path)
    }
  }

  /// The record at `index`, as it lies in memory.
  func record<T: BitwiseCopyable>(_ index: Int, as type: T.Type) -> T {
    precondition(index >= 0 && index < count && MemoryLayout<T>.size == recordBytes)
    // In range by the line above; any bytes are a value of a bitwise copyable record.
    return unsafe data.withUnsafeBytes { raw in
      unsafe raw.loadUnaligned(fromByteOffset: index * recordBytes, as: T.self)
    }
  }
}
