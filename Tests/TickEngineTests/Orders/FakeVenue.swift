import Foundation
import TickWire

@testable import TickEngine

/// A venue that accepts one login and then misbehaves.
final class FakeVenue: @unchecked Sendable {
  enum Manner {
    /// Reads nothing more.
    case deaf
    /// Says something all the time, and nothing that matters.
    case talkative
  }

  var port: UInt16 { listener.port }
  private let listener: VenueListener
  private var peer: TcpSocket?
  private let memory = VenueMemory(count: 1 << 16)

  init(_ manner: Manner) throws {
    listener = try VenueListener(address: "127.0.0.1", port: 0)
    Thread.detachNewThread { [self] in
      peer = accept()
      guard receive(atLeast: SoupBin.loginRequestLength) else { return }
      let answer = SoupBinLoginAccepted(session: FixedText("FAKE")!, sequence: 1)
      let length = answer.encode(into: memory.bytes)
      _ = peer?.send(memory.bytes.bytes.slice(at: 0, count: length))
      if manner == .talkative { talk() }
    }
  }

  private func accept() -> TcpSocket {
    while true {
      if let socket = try? listener.accept() { return socket }
      usleep(1_000)
    }
  }

  private func receive(atLeast count: Int) -> Bool {
    var received = 0
    while received < count {
      switch peer?.receive(into: memory.bytes) {
      case .moved(let moved): received += moved
      case .wouldBlock: usleep(1_000)
      case .closed, .failed, nil: return false
      }
    }
    return true
  }

  private func talk() {
    var length = 0
    while length < 3_000 {
      length += SoupBin.encode(
        .debug, into: memory.bytes.slice(at: length, count: memory.bytes.count - length))
    }
    while true {
      switch peer?.send(memory.bytes.bytes.slice(at: 0, count: length)) {
      case .moved, .wouldBlock: continue
      case .closed, .failed, nil: return
      }
    }
  }

  /// Reads all that comes, and waits for `count` bytes for five seconds at most. Bytes read.
  func readRest(atLeast count: Int) -> Int {
    var sum = 0
    let end = MonotonicClock.now + 5_000_000_000
    while MonotonicClock.now < end {
      switch peer?.receive(into: memory.bytes) {
      case .moved(let moved): sum += moved
      case .wouldBlock where sum < count: usleep(1_000)
      case .wouldBlock, .closed, .failed, nil: return sum
      }
    }
    return sum
  }
}
