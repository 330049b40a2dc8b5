import CLinux
import Glibc
import TickRing

/// The account's credit for gross exposure, shared by all senders of an instance: one number, of
/// which each leases what it may use.
///
/// A region of kind `.ledger`: line 0 is the account, each further line a sender's. A sender never
/// uses what is not granted; grants never exceed the account's total, whatever the senders do at
/// the same time and wherever one dies; a dead sender's lease stays out, since what it did with it
/// stands, until a successor of the same key takes it over.
///
/// How: a sender writes the claim into its own line, then draws a ticket from the account's line by
/// compare and exchange, then adds up all claims. Whoever draws the later of two tickets sees the
/// claim of the earlier, so of all grants in force the one with the latest ticket has seen all
/// others. Two claims at the same time may both be refused: fails closed, and to be asked again.
///
/// Thread: the sender's. `covers` reads nothing shared; a lease costs one compare and exchange and
/// a load per sender. No allocation after opening.
public struct AccountLedger: ~Copyable {
  /// Lines of a region: the account, and that many senders less one.
  public static let capacity = 64

  /// Words of the account's line, and of a sender's.
  private enum Account {
    static let total = 1
    static let ticket = 2
  }
  private enum Sender {
    static let key = 1
    static let owner = 2
    /// Lowered before, and raised after, the claim's place is known to be free: what may be used.
    static let granted = 3
    static let claim = 4
  }

  private let lines: SharedLines
  private let line: Int
  /// The account's credit in all, units of 1e-4.
  public let totalE4: Int64
  /// How much more than needed is leased at a time, units of 1e-4.
  public let chunkE4: Int64
  /// What this sender may use, units of 1e-4.
  public private(set) var grantedE4: Int64

  /// Takes the line of a sender, with what its predecessor had leased.
  ///
  /// - Parameters:
  ///   - key: who the sender is, the same for its successor; not 0.
  ///   - totalE4: the account's credit, positive; the same for all.
  ///   - chunkE4: what is leased at a time where there is room; at least 1.
  /// - Throws: `RingError` for a region of another kind, `LedgerError` for what it holds.
  public static func open(
    _ region: consuming Region, key: UInt64, totalE4: Int64, chunkE4: Int64
  ) throws -> AccountLedger {
    precondition(key != 0 && totalE4 > 0 && chunkE4 > 0)
    let lines = try SharedLines(region, .ledger)
    let told = lines.exchange(0, Account.total, expected: 0, UInt64(totalE4))
    guard told == 0 || told == UInt64(totalE4) else {
      throw LedgerError.total(path: lines.path, totalE4: Int64(truncatingIfNeeded: told))
    }
    let line = try take(lines, key)
    return AccountLedger(lines: lines, line: line, totalE4: totalE4, chunkE4: chunkE4)
  }

  private init(lines: consuming SharedLines, line: Int, totalE4: Int64, chunkE4: Int64) {
    let granted = Int64(truncatingIfNeeded: lines.acquire(line, Sender.granted))
    // A claim that a predecessor died over was never granted.
    lines.release(line, Sender.claim, UInt64(bitPattern: granted))
    self.line = line
    self.totalE4 = totalE4
    self.chunkE4 = chunkE4
    grantedE4 = granted
    self.lines = lines
  }

  /// The lease stays out; the line is free for a successor.
  deinit { lines.release(line, Sender.owner, 0) }

  /// The name of an account's region.
  public static func regionName(_ account: String) -> String {
    TradingInstance.regionName(account, "ledger")
  }

  /// The key of an instance's sender, and of its successors (FNV-1a). Two names that happen to have
  /// the same are told that the line is taken.
  public static func key(of instance: String) -> UInt64 {
    let hash = instance.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    return max(1, hash)
  }

  /// Whether what is granted covers an exposure.
  @inline(__always)
  public func covers(_ exposureE4: Int64) -> Bool { exposureE4 <= grantedE4 }

  /// Leases what is missing to an exposure: with a chunk more if there is room for it, else
  /// exactly. False: there is no room, and nothing has changed.
  public mutating func lease(_ exposureE4: Int64) -> Bool {
    if covers(exposureE4) { return true }
    let (more, overflow) = exposureE4.addingReportingOverflow(chunkE4)
    if !overflow, claim(more) { return true }
    return claim(exposureE4)
  }

  /// Gives back what is leased beyond an exposure, which must be all there is.
  public mutating func giveBack(keeping exposureE4: Int64) {
    let kept = max(0, exposureE4)
    guard kept < grantedE4 else { return }
    grantedE4 = kept
    lines.release(line, Sender.granted, UInt64(kept))
    lines.release(line, Sender.claim, UInt64(kept))
  }

  private mutating func claim(_ wantedE4: Int64) -> Bool {
    // A region that somebody shortened reads as zeros: nobody's claims can be seen any more.
    guard wantedE4 <= totalE4, lines.acquire(0, Account.total) == UInt64(totalE4) else {
      return false
    }
    lines.release(line, Sender.claim, UInt64(wantedE4))
    drawTicket()
    guard let others = othersE4, wantedE4 <= totalE4 - others else {
      lines.release(line, Sender.claim, UInt64(grantedE4))
      return false
    }
    grantedE4 = wantedE4
    lines.release(line, Sender.granted, UInt64(wantedE4))
    return true
  }

  private func drawTicket() {
    var seen = lines.acquire(0, Account.ticket)
    while true {
      let found = lines.exchange(0, Account.ticket, expected: seen, seen &+ 1)
      if found == seen { return }
      seen = found
    }
  }

  /// What the others claim; nil: more than there is, or what cannot be.
  private var othersE4: Int64? {
    var sum: Int64 = 0
    for other in 1..<lines.count where other != line {
      let claim = lines.acquire(other, Sender.claim)
      guard claim <= UInt64(totalE4 - sum) else { return nil }
      sum += Int64(claim)
    }
    return sum
  }
}

// MARK: Whose line

extension AccountLedger {
  /// The line of a key: its predecessor's, or a free one. Its owner is this process from then on.
  private static func take(
    _ lines: borrowing SharedLines, _ key: UInt64
  ) throws(LedgerError) -> Int {
    for line in 1..<lines.count {
      var found = lines.acquire(line, Sender.key)
      if found == 0 { found = lines.exchange(line, Sender.key, expected: 0, key) }
      guard found == 0 || found == key else { continue }
      try own(lines, line)
      let granted = lines.acquire(line, Sender.granted)
      let total = lines.acquire(0, Account.total)
      guard granted <= total else {
        lines.release(line, Sender.owner, 0)
        throw .damaged(path: lines.path)
      }
      return line
    }
    throw .full(path: lines.path, senders: lines.count - 1)
  }

  private static func own(_ lines: borrowing SharedLines, _ line: Int) throws(LedgerError) {
    let former = LedgerOwner(word: lines.acquire(line, Sender.owner))
    guard !former.isAlive else { throw .taken(path: lines.path, pid: former.pid) }
    let own = LedgerOwner.own.word
    let found = lines.exchange(line, Sender.owner, expected: former.word, own)
    guard found == former.word else {
      throw .taken(path: lines.path, pid: LedgerOwner(word: found).pid)
    }
  }
}

/// Who has a line, in a word: pid and when it began, which a later process of that pid did not.
/// Cold: reads /proc. All senders are of one pid namespace.
private struct LedgerOwner {
  let word: UInt64

  static var own: LedgerOwner {
    let pid = getpid()
    return LedgerOwner(word: UInt64(UInt32(bitPattern: pid)) << 32 | (began(pid) ?? 0))
  }

  var pid: Int32 { Int32(truncatingIfNeeded: word >> 32) }

  var isAlive: Bool {
    pid > 0 && LedgerOwner.began(pid) == word & 0xFFFF_FFFF
  }

  /// Clock ticks since the machine began, modulo 2^32; nil: no such process runs.
  private static func began(_ pid: Int32) -> UInt64? {
    var state = clinux_process_state()
    guard unsafe clinux_process_look(pid, &state) == 0 else { return nil }
    let letter = UInt8(bitPattern: state.state)
    guard letter != UInt8(ascii: "Z"), letter != UInt8(ascii: "X") else { return nil }
    return state.start_ticks & 0xFFFF_FFFF
  }
}

/// Why a ledger cannot be used.
public enum LedgerError: Error, Equatable, CustomStringConvertible {
  /// A living process has the sender's line.
  case taken(path: String, pid: Int32)
  /// Others were told another total.
  case total(path: String, totalE4: Int64)
  /// No line for another sender.
  case full(path: String, senders: Int)
  /// A lease that can never have been granted.
  case damaged(path: String)

  public var description: String {
    switch self {
    case .taken(let path, let pid):
      "\(path): process \(pid) uses this sender's credit: stop it first"
    case .total(let path, let totalE4):
      "\(path): the account's credit is \(totalE4) in units of 1e-4: give the same to every sender,"
        + " or stop all and remove the region"
    case .full(let path, let senders):
      "\(path): \(senders) senders have lines: stop all and remove the region"
    case .damaged(let path):
      "\(path): a lease is above the account's credit: stop all senders and remove the region"
    }
  }
}
