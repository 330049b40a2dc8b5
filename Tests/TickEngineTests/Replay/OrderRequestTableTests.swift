import Testing
import TickRing
import TickWire

@testable import TickEngine

/// `--orders FILE`: what was asked for stands there as it was asked.
@Suite(.timeLimit(.minutes(1))) struct OrderRequestTableTests {
  private func table(_ requests: [OrderRequest]) throws -> [String] {
    let scratch = try Scratch()
    let region = try ReplayRegions(directory: scratch.path).make(.directory, capacity: 16)
    var names = try DirectoryWriter(claiming: region.attach(), venue: 0)
    _ = names.number(of: Symbol("AAA")!.word)
    let file = try RecordingFile(path: scratch.file("orders.csv"))
    try OrderRequestTable.write(requests, DirectoryReader(try region.attach()), to: file)
    try file.commit()
    return try scratch.text("orders.csv").split(separator: "\n").dropFirst().map(String.init)
  }

  private func request(
    _ action: OrderAction, _ change: (inout OrderRequest) -> Void = { _ in }
  ) -> OrderRequest {
    var request = GateBench.order(99.5, at: 7)
    request.action = action.rawValue
    change(&request)
    return request
  }

  @Test(arguments: [(TimeInForce.day, "day"), (.ioc, "ioc"), (.fok, "fok")])
  func eachTimeInForceHasItsName(timeInForce: TimeInForce, name: String) throws {
    let request = request(.new) { $0.time_in_force = timeInForce.rawValue }
    #expect(try table([request]) == ["AAA,1,7,new,buy,99.5,100,\(name)"])
  }

  @Test func aReplacementIsNoCancel() throws {
    let requests = [request(.replace), request(.cancel)]
    #expect(try table(requests) == ["AAA,1,7,replace,,99.5,100,", "AAA,1,7,cancel,,,,"])
  }

  @Test(arguments: [
    (OrderAction.cancelStrategy, "cancel_strategy"), (.cancelSymbol, "cancel_symbol"),
    (.cancelAll, "cancel_all"),
  ])
  func aCancelOfManyHasItsName(action: OrderAction, name: String) throws {
    let request = request(action) { $0.order_id = 1 << 32 }
    #expect(try table([request]) == ["AAA,0,7,\(name),,,,"])
  }

  @Test func whatHasNoNameIsUnknown() throws {
    let none = request(.new) {
      $0.action = 99
    }
    let odd = request(.new) {
      $0.side = 9
      $0.time_in_force = 9
    }
    #expect(
      try table([none, odd]) == ["AAA,1,7,unknown,,,,", "AAA,1,7,new,unknown,99.5,100,unknown"])
  }
}
