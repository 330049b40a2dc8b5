import TickWire

/// An input, read from its beginning; at its end everything is 0.
struct FeedScript {
  private let bytes: Bytes
  private var at = 0

  init(_ bytes: Bytes) { self.bytes = bytes }

  var isOver: Bool { at >= bytes.count }

  mutating func u8() -> Int {
    guard !isOver else { return 0 }
    at += 1
    return Int(bytes[at - 1])
  }

  mutating func u16() -> Int { u8() | u8() << 8 }

  /// The next `count` bytes, or as many as there are.
  mutating func take(_ count: Int) -> Bytes {
    let taken = bytes.slice(at: at, count: min(count, bytes.count - at))
    at += taken.count
    return taken
  }
}

extension FeedScript {
  /// What a step does: the low three bits of its first byte. The fourth is the line, the fifth the
  /// stream.
  enum Step: Int {
    case raw, made, madeToo, copy, flip, time, answer, control
  }

  // MARK: Seeds

  static var seeds: [[UInt8]] {
    (0..<4).flatMap { feed in
      [inOrder, lost, restarted, silent].map { [UInt8(feed)] + $0 }
    }
  }

  private static func made(_ shift: Int, count: Int, line: Int = 0, session: Int = 0) -> [UInt8] {
    let messages: [UInt8] = (0..<count).flatMap { (number: Int) -> [UInt8] in
      [UInt8(number), UInt8(number + 1), 100, 0, 10, 0, 20, 0, 1]
    }
    let head: [UInt8] = [
      UInt8(Step.made.rawValue | line << 3), UInt8(truncatingIfNeeded: shift), UInt8(session),
      UInt8(count),
    ]
    return head + messages
  }

  private static func step(_ step: Step, line: Int = 0, _ operands: UInt8...) -> [UInt8] {
    [UInt8(step.rawValue | line << 3)] + operands
  }

  /// Each packet on both lines.
  private static var inOrder: [UInt8] {
    (0..<6).flatMap { made(0, count: $0 % 3 + 1) + step(.copy, line: 1) }
  }

  /// A hole, what lies behind it, a request and its answer, and time.
  private static var lost: [UInt8] {
    made(0, count: 2) + made(5, count: 3) + made(9, count: 1, line: 1) + step(.time, 27)
      + step(.answer, 3) + made(0, count: 2) + step(.flip, line: 1, 24, 0) + step(.time, 31)
  }

  private static var restarted: [UInt8] {
    made(0, count: 3) + made(-3, count: 2, session: 1) + made(0, count: 0, session: 1)
      + step(.control, 3) + made(0, count: 1)
  }

  private static var silent: [UInt8] {
    made(0, count: 1) + step(.control, 0, 1) + made(3, count: 1) + step(.time, 31)
      + step(.control, 1, 3) + step(.raw, 4, 0, 1, 2, 3, 4)
  }
}
