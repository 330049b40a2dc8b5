import Foundation

/// The files that a run reads and writes: no output may take the place of an input or of another
/// output, under whatever spelling.
enum ReplayPaths {
  static func check(_ options: ReplayOptions) throws(ReplayError) {
    var users: [String: String] = [:]
    for path in options.captures { users[canonical(path)] = "the capture \(path)" }
    for (path, user) in outputs(of: options) where !isDevice(path) {
      // A run that fails leaves its recordings under another name.
      for name in [path, path + AtomicFile.partialSuffix] {
        if let other = users.updateValue(user, forKey: canonical(name)) {
          throw .options("\(user) would overwrite \(other): give it a file of its own")
        }
      }
    }
  }

  private static func outputs(of options: ReplayOptions) -> [(path: String, user: String)] {
    var outputs = options.otherOutputs.map { (path: $0, user: "the file \($0)") }
    if let path = options.ordersPath { outputs.append((path, "--orders \(path)")) }
    if let path = options.decisionsPath { outputs.append((path, "--decisions \(path)")) }
    guard let path = options.recordPath else { return outputs }
    outputs.append((path, "--record \(path)"))
    outputs.append((path + ".symbols.csv", "--record's \(path).symbols.csv"))
    for worker in 0..<max(0, options.workers) {
      let merge = "\(path).worker-\(worker).merge"
      outputs.append((merge, "--record's \(merge)"))
    }
    return outputs
  }

  /// One spelling for each file: its folder's real path and its name; a link that exists leads to
  /// what it names.
  private static func canonical(_ path: String) -> String {
    let url = URL(fileURLWithPath: path)
    if FileManager.default.fileExists(atPath: path) { return url.resolvingSymlinksInPath().path }
    return url.deletingLastPathComponent().resolvingSymlinksInPath().path + "/"
      + url.lastPathComponent
  }

  /// What is written to directly, such as /dev/null, is nobody's own.
  private static func isDevice(_ path: String) -> Bool {
    let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    return type != nil && type != .typeRegular && type != .typeSymbolicLink
  }
}
