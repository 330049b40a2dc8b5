import Testing
import TickWire

@testable import TickEngine

struct AccountRequestTests {
  static let firm = FixedText("FIRM")!

  private static func enter(
    _ bench: inout Bench, _ number: UInt32, _ side: Ouch50.Side = .buy, symbol: String = "TEST",
    firm: FixedText = .blank, account: UInt32 = 0
  ) {
    let request = VenueOrderRequest(
      userRefNum: number, side: side, quantity: 10, symbol: Symbol(symbol)!,
      instrument: symbol == "TEST" ? 1 : 2, priceE4: 100, timeInForce: .day, firm: firm)
    bench.engine.enter(request, from: account)
  }

  @Test func aMassCancelTakesTheAccountsOrdersAndThenAnswers() {
    var bench = Bench()
    Self.enter(&bench, 1)
    Self.enter(&bench, 2, .sell)
    Self.enter(&bench, 1, account: 1)
    _ = bench.said()
    bench.engine.massCancel(VenueMassCancel(userRefNum: 3, firm: Self.firm), from: 0)
    #expect(bench.said() == ["C1 10 U", "C2 10 U", "X3"] && bench.engine.restingOrders == 1)
    bench.engine.massCancel(VenueMassCancel(userRefNum: 3), from: 0)
    #expect(bench.said() == [] && bench.engine.counts.duplicatesIgnored == 1)
    bench.engine.massCancel(VenueMassCancel(userRefNum: 4), from: 0)
    #expect(bench.said() == ["X4"], "nothing rests")
    #expect(bench.engine.counts.ordersReceived == 3, "a mass cancel is no order")
  }

  @Test func aMassCancelOfASymbolOrASideOrAFirmLeavesTheOthers() {
    var bench = Bench()
    Self.enter(&bench, 1)
    Self.enter(&bench, 2, symbol: "OTHER")
    Self.enter(&bench, 3, .sellShort)
    Self.enter(&bench, 4, firm: Self.firm)
    Self.enter(&bench, 5, firm: FixedText("ELSE")!)
    _ = bench.said()
    bench.engine.massCancel(VenueMassCancel(userRefNum: 6, symbol: Symbol("OTHER")!), from: 0)
    #expect(bench.said() == ["C2 10 U", "X6"])
    bench.engine.massCancel(VenueMassCancel(userRefNum: 7, isBuy: false), from: 0)
    #expect(bench.said() == ["C3 10 U", "X7"])
    bench.engine.massCancel(VenueMassCancel(userRefNum: 8, firm: Self.firm), from: 0)
    #expect(bench.said() == ["C1 10 U", "C4 10 U", "X8"], "order 1 named no firm")
    bench.engine.massCancel(VenueMassCancel(userRefNum: 9), from: 0)
    #expect(bench.said() == ["C5 10 U", "X9"])
  }

  @Test func ordersAreRefusedWhileEntryIsOffAndTakenWhenItIsOnAgain() {
    var bench = Bench()
    Self.enter(&bench, 1)
    bench.engine.switchEntry(.disable, userRefNum: 2, firm: Self.firm, from: 0)
    Self.enter(&bench, 3)
    Self.enter(&bench, 4, firm: Self.firm)
    Self.enter(&bench, 5, firm: FixedText("ELSE")!)
    bench.replace(1, by: 6, 20, at: 100)
    bench.engine.cancel(1, remaining: 0, from: 0)
    Self.enter(&bench, 1, account: 1)
    #expect(
      bench.said() == [
        "A1", "G2", "J3 firmNotAuthorised", "J4 firmNotAuthorised", "A5",
        "J6 firmNotAuthorised", "C1 10 U", "A1",
      ])
    bench.engine.switchEntry(.enable, userRefNum: 7, firm: Self.firm, from: 0)
    Self.enter(&bench, 8, firm: Self.firm)
    #expect(bench.said() == ["K7", "A8"])
  }

  @Test func tooManyFirmsTurnOffTheAccount() {
    var bench = Bench()
    for number in UInt32(1)...20 {
      let firm = FixedText("F\(number)")!
      bench.engine.switchEntry(.disable, userRefNum: number, firm: firm, from: 0)
    }
    _ = bench.said()
    Self.enter(&bench, 21, firm: FixedText("ELSE")!)
    bench.engine.switchEntry(.enable, userRefNum: 22, firm: .blank, from: 0)
    Self.enter(&bench, 23, firm: FixedText("ELSE")!)
    #expect(bench.said() == ["J21 firmNotAuthorised", "K22", "A23"])
  }
}

@Suite(.serialized, .timeLimit(.minutes(1)))
struct AccountRequestServerTests {
  @Test func massCancelAndEntrySwitchAreAnsweredOverTCP() throws {
    let venue = try RunningVenue()
    let client = venue.client()
    let firm = AccountRequestTests.firm
    client.send(client.order(1, .buy, 10, at: 1) + client.order(2, .buy, 10, at: 1))
    client.send(
      client.message {
        Ouch50.MassCancel.encode(into: $0, userRefNum: 3, firm: firm, symbol: Symbol("TEST")!)
      })
    client.send(
      client.message {
        Ouch50.EntrySwitch.encode(.disable, into: $0, userRefNum: 4, firm: firm)
      })
    client.send(client.order(5, .buy, 10, at: 1))
    client.send(
      client.message {
        Ouch50.EntrySwitch.encode(.enable, into: $0, userRefNum: 6, firm: firm)
      })
    client.send(client.order(7, .buy, 10, at: 1))
    let answers = client.next(9)
    #expect(answers.map(\.message) == ["A", "A", "C", "C", "X", "G", "J", "K", "A"])
    answers[4].view { bytes in
      let response = Ouch50.MassCancelResponse(bytes)
      #expect(response?.userRefNum == 3 && response?.symbol == Symbol("TEST"))
      #expect(response?.firm == firm)
    }
    #expect(answers[5].view { Ouch50.EntrySwitchResponse($0)?.userRefNum } == 4)
    _ = venue.finish()
  }
}
