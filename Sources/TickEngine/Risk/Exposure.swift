/// What is held and what may still become so: of each instrument the position and the open
/// quantities, and what the worst case of it is worth, summed by sector and in all (RM1–RM6).
///
/// Hot path. Thread: the sender's. Lines: one of 64 bytes for an instrument, one of 32 for a
/// strategy's share of it, one of the sector's sum. No allocation; every call is O(1).
/// The worst case of an instrument is the larger of position plus all open buys
/// and position minus all open sells; what is in doubt or pending cancel is open.
///
/// The sums are exact: an instrument's part is taken out as it was put in, and in 128 bits no sum
/// of 64-bit parts can overflow. What cannot be counted is never left out silently: instruments
/// without a mark, and those whose worth overflows, are counted, and a quantity that overflows, or
/// an end of more than was open, makes the whole `isBroken` for good: then nothing new may be sent.
public struct Exposure: ~Copyable {
  /// One instrument, 64 bytes.
  struct Line: BitwiseCopyable {
    /// Shares; below zero: short.
    var position: Int64 = 0
    /// Shares that may still be bought or sold.
    var openBuy: Int64 = 0
    var openSell: Int64 = 0
    /// Price that it is valued at, 1e-4; 0: none.
    var markE4: Int64 = 0
    /// What it adds to the sums, 1e-4.
    var valueE4: Int64 = 0
    var worth = Worth.nothing
    /// Where it adds to.
    var sector: UInt8 = 0
    var isListed = false
    private var unused: (UInt64, UInt64) = (0, 0)
  }

  enum Worth: UInt8 {
    case nothing, valued, unmarked, uncountable
  }

  /// A strategy's share of an instrument, 32 bytes.
  struct Share: BitwiseCopyable {
    var position: Int64 = 0
    var openBuy: Int64 = 0
    var openSell: Int64 = 0
    private var unused: UInt64 = 0
  }

  /// Sector numbers are below this; 0 is that of instruments without one.
  public static let sectorsMax = 256

  let lines: Slab<Line>
  private let shares: Slab<Share>
  /// Instruments that each strategy holds something of.
  private let held: Slab<Int32>
  let strategies: Int
  /// Strategies up to this are those that there are.
  private let expected: Int
  private let sectors: Slab<Int128>
  /// Instruments that ever had any exposure.
  private let listed: Slab<UInt32>
  public private(set) var listedCount = 0
  /// Worst case of all instruments at their marks, 1e-4.
  public private(set) var grossE4: Int128 = 0
  /// Instruments with exposure that have no mark, and that are worth more than can be counted.
  public private(set) var unmarked = 0
  public private(set) var uncountable = 0
  /// A quantity overflowed, or more ended than was open.
  public private(set) var isBroken = false

  /// - Parameters:
  ///   - instruments: numbers are below this.
  ///   - strategies: numbers are from 1 to this.
  ///   - expected: numbers from 1 to this are expected; shares of others come with `latePages`.
  public init(instruments: Int, strategies: Int, expected: Int? = nil) {
    precondition(instruments > 0 && (1...255).contains(strategies))
    self.expected = min(expected ?? strategies, strategies)
    lines = Slab(count: instruments, repeating: Line())
    shares = Slab(
      zeros: instruments * strategies, as: Share(), touching: instruments * self.expected)
    held = Slab(count: strategies + 1, repeating: 0)
    self.strategies = strategies
    sectors = Slab(count: Exposure.sectorsMax, repeating: 0)
    listed = Slab(count: instruments, repeating: 0)
  }

  // MARK: What happens

  /// An order is to be sent: its quantity is open from now on.
  public mutating func opened(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32
  ) {
    open(instrument, strategy, side, Int64(quantity))
  }

  /// Open quantity ended unfilled: cancelled, rejected, replaced by less.
  public mutating func closed(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32
  ) {
    open(instrument, strategy, side, -Int64(quantity))
  }

  /// Open quantity became position.
  public mutating func filled(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32
  ) {
    guard isKnown(instrument, strategy) else { return }
    let quantity = Int64(quantity)
    let index = Int(instrument)
    move(index, strategy, side == .buy ? quantity : -quantity)
    changeOpen(index, place(index, strategy), side, -quantity)
    revalue(index)
  }

  /// A fill was undone: the shares are neither held nor open any more.
  public mutating func broken(
    _ instrument: UInt32, strategy: UInt8, _ side: OrderSide, _ quantity: UInt32
  ) {
    hold(instrument, strategy: strategy, side == .buy ? -Int64(quantity) : Int64(quantity))
  }

  /// Shares that came, or went if below zero, otherwise than by an order: held at the start.
  public mutating func hold(_ instrument: UInt32, strategy: UInt8, _ quantity: Int64) {
    guard isKnown(instrument, strategy) else { return }
    let index = Int(instrument)
    move(index, strategy, quantity)
    revalue(index)
  }

  /// The price that an instrument is valued at from now on, 1e-4; ignored unless positive.
  public mutating func mark(_ instrument: UInt32, _ priceE4: Int64) {
    let index = Int(instrument)
    guard index < lines.count, priceE4 > 0, lines[index].markE4 != priceE4 else { return }
    lines[index].markE4 = priceE4
    if lines[index].worth != .nothing { revalue(index) }
  }

  /// The sector that an instrument belongs to from now on.
  @inline(__always)
  mutating func assign(_ instrument: UInt32, sector: UInt8) {
    let index = Int(instrument)
    let old = lines[index].sector
    guard old != sector else { return }
    let value = Int128(lines[index].valueE4)
    sectors[Int(old)] &-= value
    sectors[Int(sector)] &+= value
    lines[index].sector = sector
  }

  // MARK: What is

  public var instruments: Int { lines.count }
  /// The n-th instrument that ever had any exposure.
  public func listed(_ number: Int) -> UInt32 { listed[number] }
  /// Gross exposure of a sector, units of 1e-4.
  @inline(__always)
  public func sectorE4(_ sector: UInt8) -> Int128 { sectors[Int(sector)] }
  /// Shares; 0 for an instrument that there is none of.
  public func position(_ instrument: UInt32) -> Int64 {
    Int(instrument) < lines.count ? lines[Int(instrument)].position : 0
  }
  /// Shares that may still be bought or sold.
  public func open(_ instrument: UInt32, _ side: OrderSide) -> Int64 {
    guard Int(instrument) < lines.count else { return 0 }
    let line = lines[Int(instrument)]
    return side == .buy ? line.openBuy : line.openSell
  }
  /// The same of one strategy's share.
  public func position(_ instrument: UInt32, strategy: UInt8) -> Int64 {
    share(instrument, strategy).position
  }
  /// Whether a strategy holds nothing of any instrument.
  public func isFlat(strategy: UInt8) -> Bool {
    Int(strategy) > strategies || held[Int(strategy)] == 0
  }
  /// The same of one strategy's share.
  public func open(_ instrument: UInt32, strategy: UInt8, _ side: OrderSide) -> Int64 {
    let share = share(instrument, strategy)
    return side == .buy ? share.openBuy : share.openSell
  }

  private func share(_ instrument: UInt32, _ strategy: UInt8) -> Share {
    guard Int(instrument) < lines.count, strategy > 0, Int(strategy) <= strategies else {
      return Share()
    }
    return shares[place(Int(instrument), strategy)]
  }

  /// Shares that one more order may have and still only reduce the instrument's position; -1 if
  /// the side's worst case is no reduction already.
  @inline(__always)
  func room(_ instrument: Int, isBuy: Bool) -> Int64 {
    let line = lines[instrument]
    return Exposure.room(line.position, isBuy ? line.openBuy : line.openSell, isBuy)
  }

  /// The same of a strategy's share of it.
  @inline(__always)
  func room(_ instrument: Int, _ strategy: UInt8, isBuy: Bool) -> Int64 {
    let share = shares[place(instrument, strategy)]
    return Exposure.room(share.position, isBuy ? share.openBuy : share.openSell, isBuy)
  }

  /// Fetches the line of an instrument that there is, and that of a strategy's share of it.
  @inline(__always)
  func prefetch(_ instrument: Int, _ strategy: UInt8) {
    lines.prefetch(instrument)
    if strategy > 0, Int(strategy) <= strategies { shares.prefetch(place(instrument, strategy)) }
  }

  @inline(__always)
  private static func room(_ position: Int64, _ open: Int64, _ isBuy: Bool) -> Int64 {
    // Open quantities are never negative; of -Int64.min there is nothing to be had.
    guard isBuy ? position < 0 && position > .min : position > 0 else { return -1 }
    let (room, overflow) = (isBuy ? -position : position).subtractingReportingOverflow(open)
    return overflow || room < 0 ? -1 : room
  }

  /// Shares of strategies that are not expected.
  ///
  /// - Safety: to be used while this lives.
  @unsafe var latePages: [LatePages] {
    unsafe shares.latePages(touched: lines.count * expected)
  }

  // MARK: Inside

  /// A strategy's shares lie together, so that those of others need not be there.
  @inline(__always)
  private func place(_ instrument: Int, _ strategy: UInt8) -> Int {
    (Int(strategy) - 1) * lines.count + instrument
  }

  /// Whoever calls has had the order judged; what is not known breaks the count of it all.
  private mutating func isKnown(_ instrument: UInt32, _ strategy: UInt8) -> Bool {
    let isKnown =
      instrument > 0 && Int(instrument) < lines.count && strategy > 0
      && Int(strategy) <= strategies
    if !isKnown { isBroken = true }
    return isKnown
  }

  private mutating func open(
    _ instrument: UInt32, _ strategy: UInt8, _ side: OrderSide, _ change: Int64
  ) {
    guard isKnown(instrument, strategy) else { return }
    let index = Int(instrument)
    changeOpen(index, place(index, strategy), side, change)
    revalue(index)
  }

  private mutating func move(_ index: Int, _ strategy: UInt8, _ quantity: Int64) {
    let share = place(index, strategy)
    let wasFlat = shares[share].position == 0
    let isWhole = Exposure.add(&lines[index].position, quantity)
    let isShareWhole = Exposure.add(&shares[share].position, quantity)
    if !isWhole || !isShareWhole { isBroken = true }
    let isFlat = shares[share].position == 0
    if isFlat != wasFlat { held[Int(strategy)] &+= isFlat ? -1 : 1 }
  }

  private mutating func changeOpen(
    _ index: Int, _ share: Int, _ side: OrderSide, _ change: Int64
  ) {
    let (isWhole, isShareWhole): (Bool, Bool)
    if side == .buy {
      isWhole = Exposure.addOpen(&lines[index].openBuy, change)
      isShareWhole = Exposure.addOpen(&shares[share].openBuy, change)
    } else {
      isWhole = Exposure.addOpen(&lines[index].openSell, change)
      isShareWhole = Exposure.addOpen(&shares[share].openSell, change)
    }
    if !isWhole || !isShareWhole { isBroken = true }
  }

  /// False if more ended than was open: then nothing is.
  private static func addOpen(_ open: inout Int64, _ change: Int64) -> Bool {
    let isWhole = add(&open, change)
    guard open < 0 else { return isWhole }
    open = 0
    return false
  }

  /// False at the ends of the integer, where it stays.
  private static func add(_ quantity: inout Int64, _ change: Int64) -> Bool {
    let (sum, overflow) = quantity.addingReportingOverflow(change)
    quantity = overflow ? (change > 0 ? .max : .min) : sum
    return !overflow
  }

  /// Puts the instrument's part into the sums in place of what it was.
  private mutating func revalue(_ index: Int) {
    let line = lines[index]
    var (worth, value): (Worth, Int64) = (.nothing, 0)
    let worst = Exposure.worst(line.position, line.openBuy, line.openSell)
    if worst != 0 {
      let (product, overflow) = (worst ?? 0).multipliedReportingOverflow(by: line.markE4)
      if line.markE4 == 0 {
        worth = .unmarked
      } else if worst == nil || overflow {
        worth = .uncountable
      } else {
        (worth, value) = (.valued, product)
      }
    }
    // Neither is negative, so the difference fits.
    let change = Int128(value &- line.valueE4)
    grossE4 &+= change
    sectors[Int(line.sector)] &+= change
    lines[index].valueE4 = value
    if worth != line.worth { become(worth, index) }
  }

  private mutating func become(_ worth: Worth, _ index: Int) {
    let old = lines[index].worth
    lines[index].worth = worth
    unmarked += (worth == .unmarked ? 1 : 0) - (old == .unmarked ? 1 : 0)
    uncountable += (worth == .uncountable ? 1 : 0) - (old == .uncountable ? 1 : 0)
    guard !lines[index].isListed else { return }
    lines[index].isListed = true
    listed[listedCount] = UInt32(truncatingIfNeeded: index)
    listedCount += 1
  }

  /// Shares in the worst case, whichever way; nil if that cannot be counted.
  @inline(__always)
  static func worst(_ position: Int64, _ openBuy: Int64, _ openSell: Int64) -> Int64? {
    guard let buy = size(position, openBuy, isBuy: true),
      let sell = size(position, openSell, isBuy: false)
    else { return nil }
    return max(buy, sell)
  }

  /// Size of the position that comes of it if all of one side fills; nil if that cannot be counted.
  @inline(__always)
  static func size(_ position: Int64, _ open: Int64, isBuy: Bool) -> Int64? {
    let (end, overflow) =
      isBuy
      ? position.addingReportingOverflow(open) : position.subtractingReportingOverflow(open)
    return overflow || end == .min ? nil : abs(end)
  }
}
