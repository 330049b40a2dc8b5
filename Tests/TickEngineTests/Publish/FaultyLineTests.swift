import Foundation
import Testing
import TickWire

@testable import TickEngine

/// What is sent, in order.
private struct SentPackets: PacketSink, ~Copyable {
  private(set) var packets: [[UInt8]] = []

  mutating func queue(_ packet: Bytes, number: UInt64?, due_ns: UInt64) {
    packets.append((0..<packet.count).map { packet[$0] })
  }
}

/// Plans of numbered packets, played through one line's faults.
@Suite struct FaultyLineTests {
  private static let step_ns: UInt64 = 50_000
  private static let packets = 10_000

  private struct Played: Equatable {
    var packets: [[UInt8]] = []
    var counts = FaultCounts()
    var lost: [Int] = []
    var corrupted: [Int] = []
  }

  /// - Parameter looks: how often held packets are looked for between two packets; a pace that is
  ///   slower looks more often.
  private func play(
    _ rates: FaultRates, packets: Int = 10_000, seed: UInt64 = 7, line number: Int = 0,
    looks: UInt64 = 1
  ) -> Played {
    var line = FaultyLine(rates, seed: seed, line: number, bytesMax: 128)
    var sent = SentPackets()
    var played = Played()
    for index in 0..<packets {
      let time_ns = UInt64(index) * Self.step_ns
      for look in 1...looks {
        let before = index == 0 ? 0 : time_ns - Self.step_ns
        line.release(until: before + Self.step_ns * look / looks, due_ns: 0, into: &sent)
      }
      var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 64)
      bytes.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(index), as: UInt32.self) }
      let fate = bytes.withUnsafeBytes { raw in
        line.take(unsafe Bytes(raw), at: time_ns, due_ns: 0, into: &sent)
      }
      if fate == .lost { played.lost.append(index) }
      if fate == .corrupted { played.corrupted.append(index) }
    }
    line.release(until: .max - 1, due_ns: 0, into: &sent)
    played.packets = sent.packets
    played.counts = line.counts
    return played
  }

  private var everything: FaultRates {
    var rates = FaultRates()
    rates.loss = 0.05
    rates.burstLoss = 0.005
    rates.duplicate = 0.05
    rates.reorder = 0.05
    rates.delay = 0.03
    rates.corrupt = 0.02
    return rates
  }

  private func number(_ packet: [UInt8]) -> Int {
    packet.withUnsafeBytes { Int($0.load(as: UInt32.self)) }
  }

  @Test func oneSeedSendsTheSameBytesHoweverOftenItIsLookedAt() {
    let first = play(everything)
    #expect(first == play(everything))
    #expect(first == play(everything, looks: 9))
    #expect(first.packets != play(everything, seed: 8).packets)
    #expect(first.packets != play(everything, line: 1).packets)
  }

  @Test func withoutFaultsAllIsSentAsItIs() {
    let played = play(FaultRates(), packets: 500)
    #expect(played.packets.map(number) == Array(0..<500))
    #expect(played.counts == FaultCounts(offered: 500))
  }

  @Test func everyCountIsExact() {
    let counts = play(everything).counts
    let packets = play(everything).packets
    #expect(counts.offered == UInt64(Self.packets))
    #expect(packets.count == Int(counts.offered - counts.lost + counts.duplicated))
    #expect(counts.undelayed == 0)
    for count in [
      counts.lost, counts.lostInBursts, counts.duplicated, counts.reordered, counts.delayed,
      counts.corrupted,
    ] {
      #expect(count > 50)
    }
  }

  @Test func whatIsLostIsWhatIsMissing() {
    var rates = FaultRates()
    rates.loss = 0.1
    rates.burstLoss = 0.01
    rates.duplicate = 0.1
    rates.reorder = 0.1
    rates.delay = 0.1
    let played = play(rates)
    let arrived = Set(played.packets.map(number))
    #expect(played.lost == (0..<Self.packets).filter { !arrived.contains($0) })
    #expect(played.lost.count == Int(played.counts.lost))
    #expect(played.packets.count - arrived.count == Int(played.counts.duplicated))
  }

  @Test func reorderedPacketsAreOvertakenByOneToThree() {
    var rates = FaultRates()
    rates.reorder = 0.2
    let played = play(rates)
    let numbers = played.packets.map(number)
    #expect(numbers.sorted() == Array(0..<Self.packets))
    let late = numbers.indices.filter { $0 > 0 && numbers[$0] < numbers[$0 - 1] }
    #expect(late.count == Int(played.counts.reordered) && late.count > 500)
    #expect(numbers.enumerated().allSatisfy { (-1...3).contains($0.offset - $0.element) })
  }

  @Test func delayedPacketsComeWithin20Milliseconds() {
    var rates = FaultRates()
    rates.delay = 0.05
    let played = play(rates)
    let numbers = played.packets.map(number)
    #expect(numbers.sorted() == Array(0..<Self.packets))
    var highest = -1
    var late: [Int] = []
    for number in numbers {
      if number < highest { late.append(highest - number) }
      highest = max(highest, number)
    }
    // 50 µs between two packets. The end comes early for those held back then.
    #expect(late.dropLast(50).allSatisfy { (19...400).contains($0) })
    let delayed = Int(played.counts.delayed)
    #expect(late.count <= delayed && late.count > delayed - 50)
  }

  @Test func aCorruptedPacketIsOfItsLengthAndNeverWhatItWas() {
    var rates = FaultRates()
    rates.corrupt = 0.3
    let played = play(rates)
    #expect(played.corrupted.count == Int(played.counts.corrupted))
    let corrupted = Set(played.corrupted)
    let isRight = played.packets.enumerated().allSatisfy { index, packet in
      var right = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 64)
      right.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(index), as: UInt32.self) }
      let flipped = zip(packet, right).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
      return packet.count == 64 && (corrupted.contains(index) ? 1...3 : 0...0).contains(flipped)
    }
    #expect(isRight)
  }

  @Test func burstsAreEightPacketsLongOnAverage() {
    var rates = FaultRates()
    rates.burstLoss = 0.002
    let played = play(rates, packets: 100_000)
    var bursts = 0
    for (place, index) in played.lost.enumerated()
    where place == 0 || played.lost[place - 1] != index - 1 { bursts += 1 }
    let mean = Double(played.lost.count) / Double(bursts)
    #expect((7...9).contains(mean), "\(mean)")
    #expect(played.counts.lostInBursts == played.counts.lost)
  }

  @Test func oneFaultLeavesTheChoicesOfAnother() {
    var one = FaultRates()
    one.loss = 0.05
    var two = one
    two.duplicate = 0.5
    two.corrupt = 0.5
    #expect(play(one).lost == play(two).lost)
  }

  @Test func everyFaultAtOnceAndAlwaysIsSurvived() {
    var rates = FaultRates()
    (rates.duplicate, rates.reorder, rates.delay, rates.corrupt) = (1, 1, 1, 1)
    let played = play(rates)
    #expect(played.packets.count == 2 * Self.packets)
    rates.delay = 0
    #expect(play(rates).packets.count == 2 * Self.packets)
    rates.loss = 1
    #expect(play(rates).packets.isEmpty)
  }

  @Test func moreThanCanBeHeldIsSentAtOnceAndCounted() {
    var line = FaultyLine(
      {
        var rates = FaultRates(); rates.delay = 1; return rates
      }(), seed: 1, line: 0,
      bytesMax: 8)
    var sent = SentPackets()
    let bytes: [UInt8] = [1, 2, 3]
    for _ in 0..<2_000 {
      _ = bytes.withUnsafeBytes { line.take(unsafe Bytes($0), at: 0, due_ns: 0, into: &sent) }
    }
    #expect(line.counts.delayed == UInt64(HeldPackets.capacity))
    #expect(line.counts.undelayed == 2_000 - line.counts.delayed)
    #expect(sent.packets.count == Int(line.counts.undelayed))
    line.release(until: .max - 1, due_ns: 0, into: &sent)
    #expect(sent.packets.count == 2_000)
  }

  @Test func lossesAreToldApartByLine() {
    var losses = LossCounts()
    losses.count(1, .lost, .lost)
    losses.count(2, .lost, .sent)
    losses.count(4, .sent, .lost)
    losses.count(8, .lost, .lost)
    losses.count(16, .corrupted, .lost)
    losses.count(32, .sent, .corrupted)
    #expect(losses.lost.aOnly == 2 && losses.lost.bOnly == 20 && losses.lost.all == 9)
    #expect(losses.beforeFirst == 1)
    let strict = losses.lostOrCorrupted
    #expect(strict.aOnly == 2 && strict.bOnly == 36 && strict.all == 25)
    var single = LossCounts()
    single.count(3, .lost, nil)
    #expect(single.lost.all == 3 && single.lost.aOnly == 0)
  }
}
