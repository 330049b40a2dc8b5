import Foundation
import TestSupport

/// Captures of real days, where they are.
enum RealCaptures {
  private static let folder: String =
    ProcessInfo.processInfo.environment["TICKWAY_CAPTURES"]
    ?? AuditLibrary.root.appending(path: "../shared/captures").path

  static let tops = "\(folder)/iex/iex_tops16_20170710.pcap.gz"
  static let deep = "\(folder)/iex/iex_deep10_20231002.pcap.gz"
  static let truncated = "\(folder)/pcapng/iex_tops16_20180103_truncated.pcapng"
  static let otherFeed = "\(folder)/pcapng/price_index.pcapng"

  static let itch = "\(folder)/itch/ritch_synthetic_lenprefixed.itch"
  static let itchIsPresent = FileManager.default.isReadableFile(atPath: itch)

  static let arePresent = [tops, deep, truncated, otherFeed].allSatisfy {
    FileManager.default.isReadableFile(atPath: $0)
  }
}
