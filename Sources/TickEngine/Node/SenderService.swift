import TickMetrics
import TickRing

/// Runs the sender as a process of its own, against the named rings of an instance.
public enum SenderService {
  /// Runs until the instance ends, or SIGINT or SIGTERM, which it blocks: then it cancels what is
  /// open, waits for the answers, and logs out. Of the options, what concerns orders is taken.
  ///
  /// A sender that follows a dead one lets nothing new leave before the venue has told what became
  /// of what was out; then it tells the workers what they have not been told.
  ///
  /// - Throws: what keeps it from starting. What ends it early is in the outcome instead.
  public static func run(
    _ options: ReplayOptions, _ role: RoleOptions, observer: ReplayObserver = ReplayObserver()
  ) throws -> ReplayOutcome {
    try Replay.check(options, isCounting: false)
    let process = try RoleProcess(role, observer)
    var options = options
    options.ringDirectory = role.ringDirectory
    let common = try process.open(NodeRegion("control", .control, ControlPage.capacity))
    let shared = ControlPage(try common.attach())
    let instance = options.instance.map {
      TradingInstance(
        $0, ringDirectory: options.ringDirectory, stateDirectory: options.stateDirectory)
    }
    takeDeaths(options.workers, from: shared, to: process.own)
    let reference = ReferenceWatch(options)
    let metrics = try process.metrics()
    let recording = try DecisionRecording(options)
    let assembly = try assembly(options, process, common, instance, reference, recording, observer)
    var sender = try assembly.make()
    var isStarted = false
    defer { if !isStarted { instance?.abandon() } }
    sender.metrics = metrics
    instance?.tellShut(sender.kill.reason, sender.kill.standing, observer)
    let riskNews = RiskNews(assembly.positions, instance: instance?.name)
    let recorder = try recording.map {
      process.thread(
        try $0.recorder(directory: assembly.directory, page: process.page), isPinned: false)
    }
    try recorder?.start()
    let (valueAtRiskStop, riskNote) = (StopFlag(), LateNote())
    let valueAtRisk = try makeValueAtRisk(options, process, assembly, valueAtRiskStop, riskNote)
    defer {
      valueAtRiskStop.request()
      valueAtRisk?.join()
    }
    let late = unsafe sender.latePages
    let thread = process.thread(sender)
    var (nextLook, isTripSeen) = (MonotonicClock.now, false)
    var (isGoneTold, venueNews) = (false, VenueNews())
    let signal = try process.run(
      thread, late: late,
      stop: { isHurried in process.own.write(isHurried ? .stopDrain : .workersDone, 1) },
      look: {
        if shared.read(.workersDone) != 0 { process.own.write(.workersDone, 1) }
        carryDeaths(options.workers, from: shared, to: process.own)
        // A trip at once: until it is on disk a reboot forgets it.
        let isNew = !isTripSeen && process.own.read(.tripped) != 0
        if isNew { isTripSeen = instance?.keepTrip(observer) ?? true }
        guard MonotonicClock.now >= nextLook else { return }
        nextLook = MonotonicClock.now + 1_000_000_000
        reference?.look(observer)
        instance?.keepTrip(observer)
        riskNews?.look(observer)
        if let note = riskNote.take() { observer.note(note) }
        tellVenue(process, options, &venueNews, &isGoneTold, observer)
      })
    isStarted = true
    // Its last value is of what is held in the end.
    valueAtRiskStop.request()
    valueAtRisk?.join()
    process.own.write(.stopRecorder, 1)
    recorder?.join()
    if let note = riskNote.take() { observer.note(note) }
    if let lost = thread.role.decisions.lostNote { observer.note(lost) }
    riskNews?.look(observer)
    // One that ends alone is followed by another, which goes on from what it leaves.
    leave(instance, thread, isOver: shared.read(.workersDone) != 0, observer)
    let positions = Report.Positions(of: assembly.positions, thread.role.riskChanges)
    return outcome(process, thread, options, signal, recorder?.failure, positions)
  }

  private static func leave(
    _ instance: TradingInstance?, _ thread: RoleThread<Sender>, isOver: Bool,
    _ observer: ReplayObserver
  ) {
    instance?.keepTrip(observer, isLast: true)
    guard isOver else { return }
    instance?.end(
      isClean: thread.role.isClean, state: thread.role.strictestState,
      isLive: thread.role.options.clock != nil, isAlone: false)
  }

  /// Once, as soon as it is so.
  private static func tellVenue(
    _ process: RoleProcess, _ options: ReplayOptions, _ news: inout VenueNews,
    _ isTold: inout Bool, _ observer: ReplayObserver
  ) {
    news.look(process.own, observer)
    let word = process.own.read(.sessionGone)
    guard word != 0, !isTold else { return }
    isTold = true
    observer.note(sessionGone(options, inDoubt: word - 1))
  }

  /// With the commands that follow, as they are to be typed.
  static func sessionGone(_ options: ReplayOptions, inDoubt: UInt64) -> String {
    let name = options.instance ?? "NAME"
    let pool = TradingInstance.regionName(name, "pool")
    let remove = "`tickway ring remove --ring-dir \(options.ringDirectory) \(pool)` and "
    return "the venue has begun another session: \(inDoubt) orders that were out are in doubt, and"
      + " what is held is held in the old one; nothing leaves any more: ask the venue, end this"
      + " instance, then \(inDoubt > 0 ? remove : "")`tickway resume \(name) --who YOU --reason"
      + " WHY --ring-dir \(options.ringDirectory) --state-dir \(options.stateDirectory)`"
  }

  /// Beside the positions, on a thread of its own: runs from here on.
  private static func makeValueAtRisk(
    _ options: ReplayOptions, _ process: RoleProcess, _ assembly: SenderAssembly,
    _ stop: StopFlag, _ note: LateNote
  ) throws -> RoleThread<LateValueAtRisk>? {
    guard let wanted = options.valueAtRisk, let positions = assembly.positions else { return nil }
    let role = LateValueAtRisk(
      options: wanted, positions: positions, directory: assembly.directory, stop: stop, note: note)
    let thread = process.thread(role, isPinned: false)
    try thread.start()
    return thread
  }

  /// Where a predecessor was with the deaths of workers.
  private static func takeDeaths(
    _ workers: Int, from shared: borrowing ControlPage, to own: borrowing ControlPage
  ) {
    for worker in 0..<workers {
      own.write(.deathsSeen, worker: worker, shared.read(.deathsSeen, worker: worker))
    }
    carryDeaths(workers, from: shared, to: own)
  }

  /// What the starter says of workers, and what the sender has made of it.
  private static func carryDeaths(
    _ workers: Int, from shared: borrowing ControlPage, to own: borrowing ControlPage
  ) {
    for worker in 0..<workers {
      shared.write(.deathsSeen, worker: worker, own.read(.deathsSeen, worker: worker))
      own.write(.deaths, worker: worker, shared.read(.deaths, worker: worker))
    }
  }

  private static func assembly(
    _ options: ReplayOptions, _ process: RoleProcess, _ shared: SharedRegion,
    _ instance: TradingInstance?, _ reference: ReferenceWatch?, _ recording: DecisionRecording?,
    _ observer: ReplayObserver
  ) throws -> SenderAssembly {
    observer.note(options.limitsNote)
    let histograms = process.histograms
    func open(_ suffix: String) throws -> SharedRegion { try process.open(suffix, of: options) }
    let rings = try (0..<options.workers).map { number in
      let events = try open("events.\(number)")
      return WorkerRings(
        ticks: events, orders: try open("orders.\(number)"), events: events, journal: nil,
        merge: nil, numbers: nil)
    }
    return SenderAssembly(
      options: options, instance: instance, reload: reference?.reload,
      waitPolicy: process.plan.policy, page: process.page, shared: shared,
      board: try open("board"), directory: try open("directory"), rings: rings,
      latency: unsafe SenderLatency(
        risk: histograms[0], send: histograms[1], tickToOrder: histograms[2]),
      decisions: recording?.region, observer: observer)
  }

  private static func outcome(
    _ process: RoleProcess, _ thread: RoleThread<Sender>, _ options: ReplayOptions,
    _ signal: Int32?, _ recorderFailure: (any Error)?, _ positions: Report.Positions?
  ) -> ReplayOutcome {
    var report = Report(machine: process.machine)
    report.positions = positions
    report.take(thread.role.counts)
    report.run.workers = UInt64(options.workers)
    report.run.tripped = process.own.read(.tripped) != 0
    for number in 0..<options.workers {
      let states = thread.role.ringStates(number)
      report.rings += [
        Report.Ring(
          name: "orders.\(number)", kind: .order, capacity: UInt64(states.requests.capacity),
          polled: states.requests.polled),
        Report.Ring(
          name: "events.\(number)", kind: .event, capacity: UInt64(states.events.capacity),
          published: states.events.published, full: states.events.full),
      ]
    }
    if AllocationAudit.isActive {
      report.run.hotAllocations = ["sender": thread.role.hotAllocations ?? 0]
    }
    let histograms = process.histograms
    return process.outcome(
      RoleStanding(kind: .sender, number: 0), report,
      latency: [
        (.risk, histograms.snapshot(at: 0)), (.send, histograms.snapshot(at: 1)),
        (.tickToOrder, histograms.snapshot(at: 2)),
      ], signal: signal,
      failure: thread.failure ?? recorderFailure, note: thread.note)
  }
}
