import TickWire

/// How messages are framed on the lines.
public enum PublishFraming: String, Sendable, CaseIterable {
  /// IEX-TP, as recorded.
  case iex
  /// MoldUDP64 of ours around each message.
  case mold
}

/// How much there is to publish.
struct PublishSize {
  /// IEX-TP packets.
  var packets: UInt64 = 0
  var messages: UInt64 = 0
  var bytes: UInt64 = 0
}

/// The captures of a publication, opened, and told apart by their contents: IEX-TP in pcap or
/// pcapng, or raw ITCH files.
struct PublishCaptures {
  private let captures: [CaptureFile]
  let itch: [ItchFile]

  /// - Throws: `CaptureError`; `PublishError` if the files are of both kinds or of neither.
  init(_ paths: [String]) throws {
    var captures: [CaptureFile] = []
    var itch: [ItchFile] = []
    for path in paths {
      switch try Self.open(path) {
      case .capture(let file): captures.append(file)
      case .itch(let file): itch.append(file)
      }
    }
    guard captures.isEmpty || itch.isEmpty else {
      throw PublishError.options("captures and raw ITCH files: publish one kind at a time")
    }
    self.captures = captures
    self.itch = itch
    guard !itch.isEmpty || hasIex else {
      throw PublishError.unknownFeed("no whole IEX-TP packet in \(paths.joined(separator: ", "))")
    }
  }

  private enum Opened {
    case capture(CaptureFile)
    case itch(ItchFile)
  }

  private static func open(_ path: String) throws(CaptureError) -> Opened {
    do throws(CaptureError) { return .capture(try CaptureFile(path: path)) } catch {
      switch error {
      case .notACapture, .headerCut:
        // No magic number begins as a message of ITCH does.
        let file = try ItchFile(path: path)
        if file.isItch { return .itch(file) }
      default: break
      }
      throw error
    }
  }

  var isItch: Bool { !itch.isEmpty }

  func merged() -> CaptureMerge { CaptureMerge(captures) }

  /// Nearly always the first packet is one.
  private var hasIex: Bool {
    var datagrams = IexDatagrams(merged())
    var datagram = Datagram()
    return datagrams.next(&datagram) != nil
  }

  /// What there is, by reading all of it.
  func count() -> PublishSize {
    var sum = PublishSize()
    if isItch {
      var walk = ItchFeedMessages(itch, midnight_ns: 0)
      while let message = walk.next() {
        sum.messages += 1
        sum.bytes += UInt64(message.bytes.count)
      }
    }
    var datagrams = IexDatagrams(merged())
    var datagram = Datagram()
    while let header = datagrams.next(&datagram) {
      sum.packets += 1
      sum.messages += UInt64(header.messageCount)
      sum.bytes += UInt64(header.payloadLength)
    }
    return sum
  }
}
