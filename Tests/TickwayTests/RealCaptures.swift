import Foundation
import TestSupport

/// Captures of real days, where they are.
enum RealCaptures {
  static let tops = CaptureFolder.file("iex/iex_tops16_20170710.pcap.gz")
  static let deep = CaptureFolder.file("iex/iex_deep10_20231002.pcap.gz")
  static let truncated = CaptureFolder.file("pcapng/iex_tops16_20180103_truncated.pcapng")
  static let otherFeed = CaptureFolder.file("pcapng/price_index.pcapng")

  static let itch = CaptureFolder.file("itch/ritch_synthetic_lenprefixed.itch")
  static let itchIsPresent = FileManager.default.isReadableFile(atPath: itch)

  static let arePresent = [tops, deep, truncated, otherFeed].allSatisfy {
    FileManager.default.isReadableFile(atPath: $0)
  }
}
