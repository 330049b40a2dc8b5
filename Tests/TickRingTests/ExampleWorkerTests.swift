import CTickRing
import Foundation
import Testing

@testable import TickRing

/// `CShims/Examples/worker.c` as a process of its own, at rings whose other ends are the test's.
@Suite(.timeLimit(.minutes(2))) struct ExampleWorkerTests {
  private static let program = Result { try Peer.compile("CShims/Examples/worker.c") }

  /// The rest of an instance, as far as worker 1 meets it.
  private final class Instance {
    let directory: String
    let control: ControlPage
    let numbers: SharedLines
    var ticks: TickProducer
    var orders: OrderConsumer
    var events: EventProducer

    init(_ directory: String) throws {
      func region(_ kind: RegionKind, _ suffix: String, _ capacity: Int) throws -> Region {
        try Region.create(kind, directory: directory, name: "node.\(suffix)", capacity: capacity)
      }
      control = ControlPage(try region(.control, "control", ControlPage.capacity))
      numbers = try SharedLines(try region(.state, "numbers.1", 65_536 * 4 / 64), .state)
      ticks = try TickProducer(claiming: try region(.ticks, "ticks.1", 1_024))
      orders = try OrderConsumer(claiming: try region(.orders, "orders.1", 8))
      events = try EventProducer(claiming: try region(.events, "events.1", 1_024))
      self.directory = directory
    }

    func start(every: Int) throws -> Process {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "--default-signal=TERM", try ExampleWorkerTests.program.get(), "node", "1", "\(every)",
        directory,
      ]
      process.standardOutput = Pipe()
      try process.run()
      return process
    }

    func quote(_ instrument: UInt32, ask: Double, at time: UInt64) {
      let bid = Series(instrument: instrument, kind: .bid).id
      let offer = Series(instrument: instrument, kind: .ask).id
      let isPublished = ticks.publish(
        Tick(timestamp: time, symbolId: bid, price: ask - 1, quantity: 5),
        Tick(timestamp: time, symbolId: offer, price: ask, quantity: 7),
        received: receiveStamp(monotonic_ns: DispatchTime.now().uptimeNanoseconds))
      #expect(isPublished)
    }

    func status(_ instrument: UInt32, _ code: UInt32) {
      let series = Series(instrument: instrument, kind: .status).id
      let isPublished = ticks.publish(
        Tick(timestamp: 1, symbolId: series, price: 0, quantity: code), received: 0)
      #expect(isPublished)
    }

    /// The next request; nil after ten seconds without one.
    func request() -> OrderRequest? {
      var request = OrderRequest()
      for _ in 0..<10_000 {
        if orders.poll(&request) { return request }
        usleep(1_000)
      }
      return nil
    }

    func answer(_ request: OrderRequest, _ kind: UInt32, quantity: UInt32) {
      var event = OrderEvent.none
      event.order_id = request.order_id
      event.kind = UInt8(kind)
      event.quantity = quantity
      let isPublished = events.publish(event)
      #expect(isPublished)
    }

    /// Whether the worker says that in time.
    func says(_ word: ControlPage.WorkerWord, _ value: UInt64) -> Bool {
      for _ in 0..<10_000 {
        if control.read(word, worker: 1) == value { return true }
        usleep(1_000)
      }
      return false
    }
  }

  private func output(_ process: Process) -> String {
    process.waitUntilExit()
    let data = (process.standardOutput as? Pipe)?.fileHandleForReading.readDataToEndOfFile()
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  @Test func itTradesAndEndsWithTheOthers() throws {
    try withScratch { directory in
      let instance = try Instance(directory)
      func quote(_ number: Int) {
        instance.quote(3, ask: 50 + Double(number), at: UInt64(number))
      }
      for number in 1...2 { quote(number) }
      let worker = try instance.start(every: 2)
      defer { kill(worker.processIdentifier, SIGKILL) }
      for number in 1...2 {
        // How old that is which was there before it, it does not know.
        if number == 2 { for number in 3...4 { quote(number) } }
        guard let request = instance.request() else { return _ = Issue.record("no request") }
        #expect(request.order_id == 3 << 32 | 1 << 26 | UInt64(number))
        #expect(request.action == 1 && request.side == 1 && request.time_in_force == 2)
        #expect(request.quantity == 100 && request.strategy == 2 && request.target_id == 0)
        #expect(request.price == 50 + 2 * Double(number))
        #expect(request.decision_time == UInt64(2 * number))
        #expect(request.published_ns >= request.received_ns)
        #expect((request.received_ns > 0) == (number == 2))
        #expect(instance.says(.ticksProcessed, UInt64(4 * number)))
        instance.answer(request, TICKWAY_EVENT_ACK.rawValue, quantity: 100)
        instance.answer(request, TICKWAY_EVENT_FILL.rawValue, quantity: 60)
        instance.answer(request, TICKWAY_EVENT_CANCELED.rawValue, quantity: 40)
      }
      #expect(instance.says(.ticksProcessed, 8) && instance.says(.requests, 2))
      #expect(instance.control.read(.done, worker: 1) == 0)
      instance.control.write(.ingestDone, 1)
      #expect(instance.says(.done, 1) && worker.isRunning)
      instance.control.write(.senderDone, 1)
      #expect(
        output(worker)
          == "4 quotes, 2 orders: 2 acks, 2 fills of 120 shares, 2 canceled, 0 rejected,"
          + " 0 events lost\n")
      #expect(worker.terminationStatus == 0)
    }
  }

  @Test func aSuccessorGivesNoOrderNumberTwice() throws {
    try withScratch { directory in
      let instance = try Instance(directory)
      let first = try instance.start(every: 1)
      instance.quote(9, ask: 10, at: 1)
      #expect(instance.request()?.order_id == 9 << 32 | 1 << 26 | 1)
      kill(first.processIdentifier, SIGKILL)
      first.waitUntilExit()
      let second = try instance.start(every: 1)
      instance.quote(9, ask: 10, at: 2)
      #expect(instance.request()?.order_id == 9 << 32 | 1 << 26 | 2)
      kill(second.processIdentifier, SIGTERM)
      #expect(output(second).hasPrefix("1 quotes, 1 orders"))
      #expect(second.terminationStatus == 0)
      #expect(instance.numbers.load(0, 4) >> 32 == 2)
      #expect(instance.control.read(.done, worker: 1) == 1)
    }
  }

  @Test func itAsksForNothingWhileTheMarketIsHaltedOrTheFeedStale() throws {
    try withScratch { directory in
      let instance = try Instance(directory)
      let worker = try instance.start(every: 1)
      defer { kill(worker.processIdentifier, SIGKILL) }
      // Halted, and its venue goes on; a state that there is not; a quote refused.
      for (number, code): (UInt32, UInt32) in [(4, 2), (4, 5), (4, 6), (6, 15), (5, 21)] {
        instance.status(number, code)
      }
      for number: UInt32 in [4, 6] { instance.quote(number, ask: 1, at: 1) }
      instance.quote(5, ask: 1, at: 2)
      instance.status(4, 1)
      instance.status(0, 18)
      instance.quote(5, ask: 1, at: 3)
      instance.status(0, 20)
      instance.quote(4, ask: 1, at: 4)
      #expect(instance.request()?.decision_time == 2)
      #expect(instance.request()?.decision_time == 4)
      #expect(instance.says(.requests, 2))
      instance.control.write(.failed, 1)
      #expect(output(worker).hasPrefix("5 quotes, 2 orders"))
    }
  }

  /// More orders than their ring holds, and more events than theirs, with neither side waiting.
  @Test func aFullOrderRingIsWaitedForWhileEventsAreDrained() throws {
    try withScratch { directory in
      let instance = try Instance(directory)
      let worker = try instance.start(every: 1)
      defer { kill(worker.processIdentifier, SIGKILL) }
      for number in 1...100 { instance.quote(1, ask: 1, at: UInt64(number)) }
      for number in 1...100 {
        guard let request = instance.request() else { return _ = Issue.record("no request") }
        #expect(request.decision_time == UInt64(number))
        for _ in 0..<40 { sendAck(request, instance) }
      }
      instance.control.write(.ingestDone, 1)
      #expect(instance.says(.done, 1))
      instance.control.write(.senderDone, 1)
      #expect(output(worker).hasPrefix("100 quotes, 100 orders: 4000 acks"))
      #expect(try RegionInfo(directory: directory, name: "node.orders.1").full > 0)
    }
  }

  /// A sender would count what finds no room as lost; here each is to arrive.
  private func sendAck(_ request: OrderRequest, _ instance: Instance) {
    var event = OrderEvent.none
    event.order_id = request.order_id
    event.kind = UInt8(TICKWAY_EVENT_ACK.rawValue)
    for _ in 0..<10_000 {
      if instance.events.publish(event) { return }
      usleep(1_000)
    }
    Issue.record("the event ring stays full")
  }

  @Test func theControlPagesWordsAreThoseOfTheHeader() throws {
    #expect(ControlPage.Word.session.rawValue == Int(TICKRING_CONTROL_SESSION.rawValue))
    #expect(ControlPage.Word.ingestDone.rawValue == Int(TICKRING_CONTROL_INGEST_DONE.rawValue))
    #expect(ControlPage.Word.failed.rawValue == Int(TICKRING_CONTROL_FAILED.rawValue))
    #expect(ControlPage.Word.senderDone.rawValue == Int(TICKRING_CONTROL_SENDER_DONE.rawValue))
    let words: [(ControlPage.WorkerWord, tickring_worker_word)] = [
      (.ticksProcessed, TICKRING_WORKER_TICKS), (.requests, TICKRING_WORKER_REQUESTS),
      (.done, TICKRING_WORKER_DONE),
    ]
    try withScratch { directory in
      let region = try Region.create(
        .control, directory: directory, name: "c", capacity: ControlPage.capacity)
      var copy = try region.duplicate()
      var raw = copy.take()
      defer { tickring_detach(&raw) }
      let page = ControlPage(region)
      for (index, (word, inC)) in words.enumerated() {
        tickring_control_tell(&raw, 47, inC, UInt64(index + 7))
        #expect(page.read(word, worker: 47) == UInt64(index + 7))
      }
      page.write(.senderDone, 5)
      #expect(tickring_control(&raw, TICKRING_CONTROL_SENDER_DONE) == 5)
    }
  }
}
