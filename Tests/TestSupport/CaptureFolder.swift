import Foundation

/// The folder of real captures: `TICKWAY_CAPTURES`, else `../shared/captures` beside the package.
package enum CaptureFolder {
  package static let path =
    ProcessInfo.processInfo.environment["TICKWAY_CAPTURES"]
    ?? AuditLibrary.root.appending(path: "../shared/captures").standardizedFileURL.path

  package static var isPresent: Bool {
    let isThere = FileManager.default.fileExists(atPath: path)
    if !isThere { print("SKIPPED: no real captures at \(path); set TICKWAY_CAPTURES") }
    return isThere
  }

  package static func file(_ name: String) -> String { path + "/" + name }
}
