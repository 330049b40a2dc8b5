import Foundation
import Glibc
import TickEngine

/// A configuration that nothing can be started from: everything that is wrong with it, a line each.
struct ConfigurationRefusal: Error, CustomStringConvertible {
  let description: String
  /// Whether the file could not even be read.
  var isUnreadable = false
}

/// `node.yaml`: read, understood, and found to be possible here.
enum ConfigurationFile {
  /// Larger than any that people write.
  static let byteCountMax = 65_536

  /// A configuration from which an instance can be started on this machine.
  static func load(
    _ path: String, on machine: MachineCores = .here
  ) throws(ConfigurationRefusal) -> NodeConfiguration {
    let bytes = try bytes(path)
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
    let (configuration, faults) = read(bytes, base: folder, on: machine)
    if let configuration, faults.isEmpty { return configuration }
    throw ConfigurationRefusal(description: text(faults, path))
  }

  /// Everything that is wrong with a file's content, by place; nil if nothing can be made of it.
  /// - Parameter machine: nil: it is not asked whether it could run here.
  static func read(
    _ bytes: [UInt8], base: String, on machine: MachineCores?
  ) -> (NodeConfiguration?, [FileFault]) {
    let text: String
    switch decoded(bytes) {
    case .success(let decoded): text = decoded
    case .failure(let fault): return (nil, [fault])
    }
    var yaml = YamlText(text)
    let tree = yaml.tree()
    let faults = SettingFaults()
    faults.add(yaml.faults)
    guard let tree else { return (nil, faults.sorted) }
    let configuration = ConfigurationReader(tree, base: base, faults).configuration
    faults.add(configuration.faults)
    if let machine { faults.add(MachineCheck(configuration, machine).faults) }
    return (configuration, faults.sorted)
  }

  private static func text(_ faults: [FileFault], _ path: String) -> String {
    let lines = faults.map { "\n\(path):\($0.place.line):\($0.place.column): \($0.text)" }
    let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
    return "\(path): \(count), so nothing can be started from it" + lines.joined()
  }

  // MARK: Bytes

  private static func bytes(_ path: String) throws(ConfigurationRefusal) -> [UInt8] {
    func refusal(_ what: String) -> ConfigurationRefusal {
      ConfigurationRefusal(description: "\(path): \(what)", isUnreadable: true)
    }
    // A pipe without a writer must not be waited for.
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw refusal("\(unsafe String(cString: strerror(errno))): check the path")
    }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw refusal("not a file: give the path of a configuration")
    }
    var bytes = [UInt8](repeating: 0, count: byteCountMax + 1)
    var length = 0
    while length < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { raw in
        unsafe Glibc.read(file, raw.baseAddress! + length, raw.count - length)
      }
      guard count >= 0 else { throw refusal(unsafe String(cString: strerror(errno))) }
      if count == 0 { break }
      length += count
    }
    return Array(bytes[..<length])
  }

  private static func decoded(_ bytes: [UInt8]) -> Result<String, FileFault> {
    guard bytes.count <= byteCountMax else {
      let fault = FileFault(
        place: FilePlace(line: 1, column: 1),
        text: "more than \(byteCountMax) bytes: that is no configuration")
      return .failure(fault)
    }
    // A mark of the encoding, which some editors put first, is no text.
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    if let text = String(validating: bytes, as: UTF8.self) { return .success(text) }
    let fault = FileFault(
      place: placeOfError(bytes),
      text: "not UTF-8: save the file as UTF-8, or remove that character")
    return .failure(fault)
  }

  private static func placeOfError(_ bytes: [UInt8]) -> FilePlace {
    var place = FilePlace(line: 1, column: 1)
    var codec = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = codec.decode(&iterator) {
      place.column += 1
      if scalar == "\n" { place = FilePlace(line: place.line + 1, column: 1) }
    }
    return place
  }
}

extension SettingFaults {
  /// As they stand in the file.
  var sorted: [FileFault] {
    located.enumerated().sorted { ($0.1.place, $0.0) < ($1.1.place, $1.0) }.map(\.1)
  }
}
