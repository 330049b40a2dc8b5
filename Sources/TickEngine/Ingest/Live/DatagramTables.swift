/// What a live feed's tables of whole datagrams take: each place has room for the longest.
struct DatagramTables {
  private let datagramBytes_max: Int
  private let lines: Int

  init(datagramBytes_max: Int, lines: Int) {
    self.datagramBytes_max = datagramBytes_max
    self.lines = lines
  }

  /// Packets held behind holes.
  var heldBytes: Int {
    ArbiterLimits().heldPackets_max
      * (datagramBytes_max + MemoryLayout<ReorderBuffer.Held>.stride)
  }

  /// Packets in doubt.
  var doubtedBytes: Int {
    (SequenceTracker.streamsMax + DoubtedPackets.strangersMax)
      * (datagramBytes_max + MemoryLayout<DoubtedPackets.Claim>.stride)
  }

  /// What the lines receive into, with each datagram's headers, address, control block and place.
  var receivedBytes: Int {
    lines * ReceiveOptions().batch * (datagramBytes_max + DatagramTables.headerBytes)
  }

  /// What `recvmmsg` needs beside the bytes of a datagram.
  private static let headerBytes = 184
}

extension IngestOptions {
  /// Tables of a fixed size, and the stacks of threads.
  private static let fixedBytes = 64 << 20

  /// - Throws: that there is no room for what an ingester is going to make.
  func checkMemory() throws(MemoryShortage) {
    let tables = DatagramTables(datagramBytes_max: receive.datagramBytes_max, lines: lines.count)
    let quotes = workers * TickPublisher.instrumentsMax * MemoryLayout<HeldQuote>.stride
    try MemoryShortage.check(
      tables.heldBytes + tables.doubtedBytes + tables.receivedBytes + quotes
        + IngestOptions.fixedBytes,
      options: "--max-datagram")
  }
}
