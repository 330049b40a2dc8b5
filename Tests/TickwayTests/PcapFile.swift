/// A classic pcap file, taken apart at its records.
struct PcapFile {
  private let all: [UInt8]
  private(set) var records: [Range<Int>] = []

  init(_ bytes: [UInt8]) {
    all = bytes
    var at = 24
    while at + 16 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[at + 8 + $1]) << (8 * $1) }
      records.append(at..<at + 16 + length)
      at += 16 + length
    }
  }

  /// A file of these records.
  func bytes(of chosen: [Int]) -> [UInt8] {
    chosen.reduce(into: Array(all[0..<24])) { $0 += all[records[$1]] }
  }
}
