import TickRing

/// Orders that have to make room for earlier ones, which the venue tells of first. Such an order is
/// a guest in a line that is free and not its own, so that whoever comes after a death finds it,
/// and what was wanted of it.
extension OrderPool {
  /// Whether the line holds an order whose place is another.
  func isGuest(atPlace place: Int) -> Bool {
    let number = orders[place].userRefNum
    return number != 0 && self.place(number) != place
  }

  /// Writes an order into a free line that is not its own.
  func keep(_ order: WorkingOrder, atPlace place: Int) {
    precondition(isFree(place) && self.place(order.userRefNum) != place, "no line for a guest")
    OrderPool.write(order, orders, place)
  }

  /// The guest at a place lies elsewhere by now, or has ended.
  func forget(atPlace place: Int) {
    guard isGuest(atPlace: place) else { return }
    orders.fence()
    orders[place] = WorkingOrder()
  }

  /// What a predecessor kept goes back to its own line. What lies there is an earlier order, which
  /// had ended when this one was sent: the venue tells of it again; or itself, on its way back.
  static func putBack(_ orders: borrowing SharedSlab<WorkingOrder>) {
    let mask = orders.count - 1
    for place in 1..<orders.count where orders[place].userRefNum != 0 {
      let order = orders[place]
      let own = Int(order.userRefNum) & mask
      guard own != place else { continue }
      let there = orders[own].userRefNum
      // No guest lies in another's line, and no order has the number of none.
      let isOthers = there != 0 && Int(there) & mask != own
      let isOnItsWay = there == order.userRefNum && orders[own].isHalfWritten
      if own != 0, !isOthers, there < order.userRefNum || isOnItsWay {
        write(order, orders, own)
      }
      orders[place] = WorkingOrder()
      orders.fence()
    }
  }

  /// The number last: a line without one is free, whatever else is in it.
  private static func write(
    _ order: WorkingOrder, _ orders: borrowing SharedSlab<WorkingOrder>, _ place: Int
  ) {
    var unnamed = order
    unnamed.userRefNum = 0
    orders[place].userRefNum = 0
    orders.fence()
    orders[place] = unnamed
    orders.fence()
    orders[place].userRefNum = order.userRefNum
    orders.fence()
  }
}
