import CTickRing
import Foundation
import Synchronization
import TestSupport

@testable import TickRing

private let scratchCount = Atomic<Int>(0)

/// Runs `body` with a fresh directory under /dev/shm, removed afterwards.
func withScratch(_ body: (String) throws -> Void) throws {
  let number = scratchCount.add(1, ordering: .relaxed).newValue
  let directory = "/dev/shm/tickway-tests-\(getpid())-\(number)"
  try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: directory) }
  try body(directory)
}

/// The kind of the error that `body` throws, or nil.
func refusal(_ body: () throws(RingError) -> Void) -> RingError.Kind? {
  do {
    try body()
    return nil
  } catch {
    return error.kind
  }
}

/// A tick ring that looks as if `start` ticks had gone through it already.
func ringStarted(at start: UInt64, capacity: Int, in directory: String, name: String) throws {
  let region = try Region.create(.ticks, directory: directory, name: name, capacity: capacity)
  region.raw.header.pointee.position = start
  region.raw.header.pointee.head = start
  for back in 1...UInt64(capacity) where start >= back {
    setWord(region, sequence: start - back, to: tickring_word(start - back, 0))
  }
}

extension Region {
  /// Looks that keep the region alive meanwhile: it is detached after its last use.
  borrowing func word(_ index: Int) -> UInt64 { words[index] }
  borrowing func headerNow() -> tickring_header { raw.header.pointee }
}

/// Stores the commit word of the slot in which `sequence` lies.
func setWord(_ region: borrowing Region, sequence: UInt64, to word: UInt64) {
  let slot = Int(sequence & (region.raw.capacity - 1))
  region.words[slot * Int(region.raw.slot_bytes) / 8 + Int(region.raw.slot_bytes) / 8 - 1] = word
}

func tick(_ number: UInt64) -> Tick {
  Tick(
    timestamp: number, symbolId: UInt32(truncatingIfNeeded: number &* 7), price: Double(number),
    quantity: UInt32(truncatingIfNeeded: number >> 3))
}

func isSame(_ one: Tick, _ other: Tick) -> Bool { one.words == other.words }

/// A thread that can be joined: the cooperative pool must not be spun on.
final class Worker: Sendable {
  private let done = DispatchSemaphore(value: 0)
  init(_ body: @escaping @Sendable () -> Void) {
    let done = done
    Thread {
      body()
      done.signal()
    }.start()
  }
  func join() { done.wait() }
}

/// Now and then lets the other side run, so that both meet full and empty rings.
func pauseNowAndThen(_ random: inout SplitMix) {
  let draw = random.next()
  if draw & 0x3F == 0 { sched_yield() }
  if draw & 0xFFF == 1 { usleep(20) }
}
