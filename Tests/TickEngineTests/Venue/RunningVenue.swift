import Foundation
import Synchronization
import TickWire

@testable import TickEngine

/// A market that a test moves from outside.
final class MarketScript: Sendable {
  enum Update: Sendable {
    case quote(Int64, UInt32, Int64, UInt32)
    case trade(Int64, UInt32)
    case halt(Bool)
  }
  private let updates = Mutex<[Update]>([])
  private let drained = Atomic<Int>(0)

  /// Tells the venue, and waits until it has been told.
  func move(_ update: Update) {
    let before = drained.load(ordering: .acquiring)
    updates.withLock { $0.append(update) }
    while drained.load(ordering: .acquiring) == before { usleep(100) }
  }

  fileprivate func take() -> Update? {
    updates.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
  fileprivate func count() { drained.add(1, ordering: .acquiringAndReleasing) }
}

/// One instrument, TEST, number 1.
struct ScriptedMarket: VenueMarket, ~Copyable {
  let script: MarketScript

  mutating func drain<Sink: VenueSink & ~Copyable>(
    into engine: inout MatchingEngine<Sink>, atMost limit: Int
  ) -> Int {
    guard let update = script.take() else { return 0 }
    switch update {
    case .quote(let bid, let bidSize, let ask, let askSize):
      engine.quote(instrument: 1, bidE4: bid, bidSize: bidSize, askE4: ask, askSize: askSize)
    case .trade(let price, let size): engine.trade(instrument: 1, priceE4: price, size: size)
    case .halt(let halted): engine.status(instrument: 1, halted: halted)
    }
    script.count()
    return 1
  }

  mutating func instrument(for symbol: Symbol) -> UInt32? { symbol == Symbol("TEST") ? 1 : nil }
}

/// A venue server on a thread of its own.
final class RunningVenue: @unchecked Sendable {
  let port: UInt16
  let script = MarketScript()
  let inquiry = VenueInquiry()
  private let stop = StopFlag()
  private let done = DispatchSemaphore(value: 0)
  private var server: VenueServer?
  private var result = VenueCounts()

  static var options: VenueOptions {
    var options = VenueOptions()
    options.logins = [
      VenueLogin(username: FixedText("alice")!, password: FixedText("secret")!),
      VenueLogin(username: FixedText("bob")!, password: FixedText("hidden")!),
    ]
    options.limits.restingOrders = 1_024
    options.limits.instruments = 8
    options.retainedChunkBytes = 4_096
    options.shutdown_ms = 100
    return options
  }

  init(_ options: VenueOptions = RunningVenue.options) throws {
    let made = try VenueServer(options)
    port = made.port
    server = consume made
    Thread.detachNewThread { [self] in
      result = server.take()!.run(
        market: ScriptedMarket(script: script), stop: stop, inquiry: inquiry)
      done.signal()
    }
  }

  func requestStop() { stop.request() }

  /// Stops it and returns what it has done.
  func finish() -> VenueCounts {
    stop.request()
    precondition(done.wait(timeout: .now() + 10) == .success, "the venue did not stop")
    return result
  }

  /// A client that has logged in and read the answer and the start of the day.
  func client(_ user: String = "alice", _ password: String = "secret") -> VenueClient {
    let client = VenueClient(port: port)
    client.send(client.login(user, password))
    precondition(client.next(2).map(\.letter) == ["A", "S"])
    return client
  }
}
