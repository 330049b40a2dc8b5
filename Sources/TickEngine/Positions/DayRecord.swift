import Foundation
import TickRing
import TickWire

/// What is of the trading day in an instance's risk states (RM7, RS1, RS7), for a later start of
/// it: in the state directory, since an orderly end leaves nothing in shared memory. Of another day
/// it means nothing.
public struct DayRecord: Codable, Equatable, Sendable {
  static let format = "tickway.day/1"

  /// The instance itself, or a strategy.
  struct Subject: Codable, Equatable, Sendable {
    /// 0: the instance.
    var subject: UInt8
    /// A `RiskState`, raw.
    var state: UInt8
    var trips: UInt32
    var peak_e4: Int64
    /// Equity when the day began; nil: it was not known.
    var day_start_e4: Int64?
    /// Against which both stand; nil: it was not known.
    var equity_e4: Int64?
    /// When its latest cooldown began, and the newest time that it knew, ns since the Unix epoch.
    var cooldown_since_ns: UInt64
    var newest_ns: UInt64
    /// The trading day's number.
    var day: Int64
    /// The breaker or cooldown that a kill came over, a `RiskState`; 0: none.
    var interrupted: UInt8
  }

  /// What one of an instrument was valued at last, units of 1e-4.
  struct Mark: Codable, Equatable, Sendable {
    var symbol: String
    var mark_e4: Int64
  }

  var format = DayRecord.format
  var instance: String
  var subjects: [Subject]
  /// Of all that was held.
  var marks: [Mark]?

  /// Why it cannot be gone on with.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public let description: String
  }

  /// - Parameter directory: where instruments have their symbols; nil: there is none.
  init(instance: String, _ legacy: RiskLegacy, directory: borrowing DirectoryReader? = nil) {
    self.instance = instance
    marks = legacy.marksE4.sorted { $0.key < $1.key }.compactMap { instrument, markE4 in
      directory?.symbol(instrument).map { Mark(symbol: Symbol(word: $0).text, mark_e4: markE4) }
    }
    subjects = legacy.records.sorted { $0.key < $1.key }.map { subject, record in
      Subject(
        subject: subject, state: record.state, trips: record.trips, peak_e4: record.peakE4,
        day_start_e4: record.dayStartE4, equity_e4: legacy.equitiesE4[subject],
        cooldown_since_ns: record.coolDownSince,
        newest_ns: record.newest, day: record.day, interrupted: record.interrupted)
    }
  }

  /// How far a clock may be set back between two starts, ns.
  private static let ahead_ns: UInt64 = 60_000_000_000

  /// Throws for one that is not whole, or another instance's: what it said is not known then. And
  /// for one of a time that is to come, of which neither day nor cooldown would end.
  init(
    _ bytes: Data, of instance: String, path: String, before now: UInt64
  ) throws(Failure) {
    guard let record = try? JSONDecoder().decode(DayRecord.self, from: bytes),
      record.format == DayRecord.format, record.instance == instance
    else {
      throw Failure(
        description: "\(path) holds no whole record of the day: look at them"
          + " yourself, then remove it")
    }
    guard record.subjects.allSatisfy({ $0.newest_ns <= now &+ DayRecord.ahead_ns }) else {
      throw Failure(
        description: "\(path) tells of a time that is to come: look whether this machine's clock is"
          + " right; if it was wrong then, remove the file")
    }
    self = record
  }
}

extension DayRecord.Subject {
  /// As a predecessor leaves it.
  var record: RiskRecord {
    RiskRecord(
      state: state, trips: trips, peakE4: peak_e4, coolDownSince: cooldown_since_ns,
      newest: newest_ns, day: day, interrupted: interrupted, dayStartE4: day_start_e4 ?? .max)
  }
}
