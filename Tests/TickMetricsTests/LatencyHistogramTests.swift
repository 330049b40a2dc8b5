import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TickMetrics

@Suite struct LatencyHistogramTests {
  @Test func everyBucketHoldsExactlyItsValues() {
    var next: UInt64 = 0
    for bucket in 0..<HistogramLayout.bucketCount {
      let values = HistogramLayout.values(in: bucket)
      #expect(values.lowerBound == next, "bucket \(bucket) leaves a hole or overlaps")
      #expect(HistogramLayout.bucket(of: values.lowerBound) == bucket)
      #expect(HistogramLayout.bucket(of: values.upperBound) == bucket)
      let width = values.upperBound - values.lowerBound
      #expect(width * 128 <= values.lowerBound, "wider than 1/128 of its values")
      next = values.upperBound + 1
    }
    #expect(next == 1 << 41)
    #expect(next - 1 == HistogramLayout.valueLimit)
  }

  @Test func boundariesFallWhereTheyShould() {
    #expect(HistogramLayout.bucket(of: 0) == 0)
    #expect(HistogramLayout.bucket(of: 127) == 127)
    #expect(HistogramLayout.bucket(of: 128) == 128)
    #expect(HistogramLayout.bucket(of: 255) == 255)
    #expect(HistogramLayout.bucket(of: 256) == 256)
    #expect(HistogramLayout.bucket(of: 257) == 256)
    for power in UInt64(8)..<41 {
      let below = HistogramLayout.bucket(of: 1 << power - 1)
      #expect(HistogramLayout.bucket(of: 1 << power) == below + 1, "2^\(power)")
      #expect(HistogramLayout.values(in: below + 1).lowerBound == 1 << power)
    }
  }

  @Test(arguments: [0, 127, 128, 255, 256, 1_000_003, 1 << 40, 1 << 41 - 1] as [UInt64])
  func aSingleValueIsEveryPercentile(value: UInt64) {
    let storage = HistogramStorage()
    storage[0].record(value)
    let snapshot = storage.snapshot()
    #expect(snapshot.count == 1)
    #expect(snapshot.max == value)
    #expect(snapshot.sum == value)
    #expect(snapshot.saturated == 0)
    for percent in [0, 50, 99.99, 100] { #expect(snapshot.percentile(percent) == value) }
  }

  @Test func aDifferenceIsWhatWasRecordedMeanwhile() throws {
    let storage = HistogramStorage(count: 2)
    for value: UInt64 in [3, 900, 1 << 42] { storage[0].record(value) }
    storage[0].recordNegative()
    let earlier = storage.snapshot()
    var numbers = SplitMix(seed: 5)
    for _ in 0..<10_000 {
      let value = numbers.next() >> 30
      storage[0].record(value)
      storage[1].record(value)
    }
    storage[0].recordNegative(count: 2)
    let change = try #require(storage.snapshot().subtracting(earlier))
    let alone = storage.snapshot(at: 1)
    #expect(change.buckets == alone.buckets && change.count == 10_000)
    #expect(change.sum == alone.sum && change.negative == 2 && change.saturated == 0)
    // The maximum is older than the interval: its bucket is what is known.
    let highest = HistogramLayout.bucket(of: alone.max)
    #expect(change.max == HistogramLayout.values(in: highest).upperBound)
    #expect(change.p50 == alone.p50)
    storage[0].record(1 << 43)
    #expect(storage.snapshot().subtracting(earlier)?.max == 1 << 43)
  }

  @Test func theDifferenceToALaterOrAnotherHistogramIsNone() {
    let storage = HistogramStorage(count: 2)
    let empty = storage.snapshot()
    storage[0].record(7)
    let seven = storage.snapshot()
    storage[1].record(8)
    #expect(empty.subtracting(seven) == nil)
    #expect(storage.snapshot(at: 1).subtracting(seven) == nil)
    #expect(seven.subtracting(seven) == HistogramSnapshot())
  }

  @Test func valuesBeyondTheRangeSaturateAndKeepTheirMaximum() {
    let storage = HistogramStorage()
    storage[0].record(5)
    storage[0].record(1 << 41, count: 2)
    storage[0].record(.max)
    let snapshot = storage.snapshot()
    #expect(snapshot.count == 4)
    #expect(snapshot.saturated == 3)
    #expect(snapshot.buckets[HistogramLayout.bucketCount - 1] == 3)
    #expect(snapshot.max == .max)
    #expect(snapshot.p99 == .max)
    #expect(snapshot.percentile(25) == 5)
  }

  @Test func aNegativeIntervalIsCountedApart() {
    let storage = HistogramStorage()
    let histogram = storage[0]
    histogram.recordDifference(from: 100, to: 99)
    histogram.recordDifference(from: .max, to: 0)
    histogram.recordNegative(count: 3)
    histogram.recordDifference(from: 100, to: 100)
    histogram.recordDifference(from: 100, to: 142)
    let snapshot = storage.snapshot()
    #expect(snapshot.negative == 5)
    #expect(snapshot.count == 2)
    #expect(snapshot.max == 42)
    #expect(snapshot.percentile(0) == 0)
  }

  @Test func nothingRecordedIsZeroes() {
    let snapshot = HistogramStorage().snapshot()
    #expect(snapshot == HistogramSnapshot())
    #expect(snapshot.p50 == 0)
    #expect(snapshot.p9999 == 0)
  }

  @Test func aCountOfZeroChangesNothing() {
    let storage = HistogramStorage()
    storage[0].record(77, count: 0)
    #expect(storage.snapshot() == HistogramSnapshot())
  }

  @Test func aBatchEqualsItsParts() {
    let storage = HistogramStorage(count: 2)
    storage[0].record(12_345, count: 7)
    for _ in 0..<7 { storage[1].record(12_345) }
    #expect(storage.snapshot() == storage.snapshot(at: 1))
  }

  @Test func aMergeIsWhatOneHistogramWouldHaveSeen() {
    var random = SplitMix(seed: 3)
    let storage = HistogramStorage(count: 3)
    for index in 0..<20_000 {
      let value = random.next() >> UInt64.random(in: 20...60, using: &random)
      storage[index % 2].record(value)
      storage[2].record(value)
    }
    storage[0].recordNegative()
    storage[2].recordNegative()
    let merged = storage.snapshot().merged(with: storage.snapshot(at: 1))
    #expect(merged == storage.snapshot(at: 2))
    #expect(merged.merged(with: HistogramSnapshot()) == merged)
  }

  @Test func aSuccessorContinuesAndForeignMemoryIsRefused() {
    let size = HistogramLayout.byteCount
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    #expect(HistogramReader(attachingTo: memory, byteCount: size) == nil)
    #expect(LatencyHistogram(continuingAt: memory, byteCount: size) == nil)
    LatencyHistogram(creatingAt: memory, byteCount: size).record(9)
    LatencyHistogram(continuingAt: memory, byteCount: size)?.record(11)
    #expect(HistogramReader(attachingTo: memory, byteCount: size)?.count == 2)
    #expect(HistogramReader(attachingTo: memory, byteCount: size - 1) == nil)
    memory.storeBytes(of: 4_479, toByteOffset: 8, as: UInt64.self)
    #expect(HistogramReader(attachingTo: memory, byteCount: size) == nil)
  }

  @Test(.timeLimit(.minutes(1)))
  func aConcurrentReaderNeverSeesACountGoBack() {
    let storage = HistogramStorage()
    let histogram = storage[0]
    let done = Atomic<Bool>(false)
    let total: UInt64 = 2_000_000
    withExtendedLifetime(storage) {
      DispatchQueue.concurrentPerform(iterations: 2) { role in
        guard role == 0 else { return watch(histogram.reader, until: done) }
        for value in 0..<total { histogram.record(value & 0xFFFF) }
        done.store(true, ordering: .releasing)
      }
    }
    #expect(storage.snapshot().count == total)
  }

  private func watch(_ reader: HistogramReader, until done: borrowing Atomic<Bool>) {
    var last = HistogramSnapshot()
    var isLast = false
    repeat {
      isLast = done.load(ordering: .acquiring)
      let now = reader.snapshot()
      #expect(now.count >= last.count)
      #expect(now.max >= last.max)
      #expect(zip(now.buckets, last.buckets).allSatisfy { $0 >= $1 })
      last = now
    } while !isLast
  }
}
