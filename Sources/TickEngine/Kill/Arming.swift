import CLinux

/// What has to be so before a tripped instance may trade again.
public enum ResumeCheck: String, CaseIterable, Codable, Sendable {
  /// The state directory holds a whole record.
  case record
  /// The page, if there is one, can be used.
  case page
  /// No sender runs that has not seen the trip.
  case sender
  /// No order was open or in doubt when the sender told last.
  case orders
  /// The risk state, as told last, is no breaker and no cooldown, and no kill that came over one.
  case risk
  /// The operator's heartbeat comes, if there is a dead-man limit.
  case heartbeat

  /// Whether a person may overrule it, who then answers for it: nothing repairs itself here.
  public var isOverrulable: Bool { self == .orders || self == .risk }
}

/// One check of a resume.
public struct CheckFinding: Sendable {
  public let check: ResumeCheck
  public let isPassed: Bool
  /// Failed, and overruled by a person.
  public internal(set) var isOverruled = false
  /// What is so, and if it failed, what to do.
  public let text: String

  init(_ check: ResumeCheck, _ isPassed: Bool, _ text: String) {
    self.check = check
    self.isPassed = isPassed
    self.text = text
  }
}

/// Why an instance was not armed.
public enum ArmingError: Error, CustomStringConvertible, Sendable {
  case alreadyArmed(GateRecord?)
  /// It has been tripped: only `resume` may go on.
  case tripped(GateRecord)
  /// It was never armed: there is nothing to resume.
  case neverArmed
  case checksFailed([ResumeCheck])
  /// Somebody tripped it while it was being armed.
  case killedMeanwhile
  case page(KillError)
  case state(StateFailure)

  public var description: String {
    switch self {
    case .alreadyArmed(let record):
      "armed already" + (record.map { ", by \($0.who) at \($0.time): \($0.reason)" } ?? "")
    case .tripped(let record):
      "tripped by \(record.who) at \(record.time) (\(record.code)): \(record.reason); look why,"
        + " then `tickway resume`"
    case .neverArmed: "never armed: use `tickway arm`"
    case .checksFailed(let checks):
      "not resumed: \(checks.map(\.rawValue).joined(separator: ", "))"
    case .killedMeanwhile: "it was killed while it was being armed, and stays tripped"
    case .page(let error): "\(error)"
    case .state(let error): "\(error)"
    }
  }
}

extension KillSwitch {
  /// Arms an instance for the first time. One that was ever tripped is resumed.
  public func arm(
    who: String, reason: String, deadManSeconds: Double?
  ) throws(ArmingError) -> GateRecord {
    let status = status()
    if status.isArmed { throw .alreadyArmed(status.standing.record) }
    if let problem = status.standing.problem {
      throw .state(
        StateFailure(
          kind: .other,
          description: "\(problem); `tickway kill \(instance)` writes a whole one, then"
            + " `tickway resume`"))
    }
    if case .unusable(let why) = status.page { throw .page(.unusable(why)) }
    if status.isUnwritten { _ = try kept() }
    if let record = state.standing(of: instance).record { throw .tripped(record) }
    return try arm(from: status, who: who, reason: reason, deadManSeconds: deadManSeconds)
  }

  /// Every check of a resume, in order; all of them, also after one that fails.
  public func resumeChecks() -> [CheckFinding] { resumeChecks(status()) }

  private func resumeChecks(_ status: GateStatus) -> [CheckFinding] {
    var findings: [CheckFinding] = []
    if let problem = status.standing.problem {
      findings.append(
        CheckFinding(
          .record, false, "\(problem): `tickway kill \(instance)` writes a whole one"))
    } else {
      let text = status.standing.record.map { "tripped by \($0.who) at \($0.time): \($0.reason)" }
      findings.append(CheckFinding(.record, true, text ?? "none"))
    }
    if case .unusable(let why) = status.page {
      findings.append(CheckFinding(.page, false, why))
    } else {
      let text = status.page == .absent ? "none: no sender has run since boot" : "in good order"
      findings.append(CheckFinding(.page, true, text))
    }
    return findings + [sender(status), orders(status), risk(status), heartbeat(status)]
  }

  private func sender(_ status: GateStatus) -> CheckFinding {
    let pid = status.senderPid
    switch status.senderLife {
    case .none: return CheckFinding(.sender, true, "none runs")
    case .gone: return CheckFinding(.sender, true, "pid \(pid) has ended")
    case .stopped:
      return CheckFinding(.sender, false, "pid \(pid) is stopped: let it go on, or end it")
    case .running:
      let text =
        status.hasAcknowledged
        ? "pid \(pid) has seen the trip; it sends nothing until it is started again"
        : "pid \(pid) runs and has not acknowledged the trip: end it"
      return CheckFinding(.sender, status.hasAcknowledged, text)
    }
  }

  private func orders(_ status: GateStatus) -> CheckFinding {
    if case .absent = status.page { return CheckFinding(.orders, true, "nothing told since boot") }
    guard let told = status.told else {
      return CheckFinding(
        .orders, false, "the sender ended in the middle of telling: see what the venue has open")
    }
    let isFlat = told.openOrders == 0 && told.inDoubt == 0
    let text = "\(told.openOrders) open, \(told.inDoubt) in doubt"
    return CheckFinding(
      .orders, isFlat, isFlat ? text : "\(text), as told last: see what the venue has open")
  }

  private func risk(_ status: GateStatus) -> CheckFinding {
    let raw = status.told?.riskState ?? 0
    guard let state = RiskState(rawValue: UInt8(clamping: raw)) else {
      return CheckFinding(.risk, false, "\(raw) is no risk state of this build")
    }
    // A kill is what is being resumed from, and a recovery what follows; a breaker is neither.
    let interrupted = UInt8(clamping: status.told?.interrupted ?? 0)
    if interrupted != 0 {
      let name = RiskState(rawValue: interrupted)?.name ?? "\(interrupted)"
      return CheckFinding(
        .risk, false,
        "\(state.name), as told last, over \(name), which goes on after the restart until"
          + " `tickway risk reset`, also if it is overruled here")
    }
    let isPassed = state != .circuitBreaker && state != .coolDown
    return CheckFinding(.risk, isPassed, "\(state.name), as told last")
  }

  private func heartbeat(_ status: GateStatus) -> CheckFinding {
    guard status.deadManLimit_ns > 0 else {
      return CheckFinding(.heartbeat, true, "none is asked for")
    }
    let limit = Double(status.deadManLimit_ns) / 1e9
    let isFresh = status.silence_ns <= status.deadManLimit_ns
    return CheckFinding(
      .heartbeat, isFresh,
      isFresh
        ? "the last came \(status.silence_ns / 1_000_000) ms ago, at most \(limit) s are allowed"
        : "none for more than \(limit) s: start `tickway watchdog \(instance)`, or put --off")
  }

  /// Arms a tripped instance again, if every check passes. What a person overrules is recorded.
  ///
  /// - Parameter each: sees each finding, passed or not, before anything is changed.
  public func resume(
    who: String, reason: String, deadManSeconds: Double?, overruling: Set<ResumeCheck> = [],
    each: (CheckFinding) -> Void
  ) throws(ArmingError) -> GateRecord {
    var status = status()
    if status.isArmed { throw .alreadyArmed(status.standing.record) }
    // A trip that only the page knew goes on record before it is gone.
    if status.isUnwritten {
      _ = try kept()
      status = self.status()
    }
    if !status.standing.isKnown { throw .neverArmed }
    var failed: [ResumeCheck] = []
    var overruled: [String] = []
    for var finding in resumeChecks(status) {
      if !finding.isPassed {
        finding.isOverruled = overruling.contains(finding.check) && finding.check.isOverrulable
        if finding.isOverruled {
          overruled.append("\(finding.check.rawValue) (\(finding.text))")
        } else {
          failed.append(finding.check)
        }
      }
      each(finding)
    }
    guard failed.isEmpty else { throw .checksFailed(failed) }
    let note = overruled.isEmpty ? "" : "; overruled: " + overruled.joined(separator: ", ")
    return try arm(
      from: status, who: who, reason: reason + note,
      deadManSeconds: deadManSeconds ?? status.standing.record?.dead_man_seconds)
  }

  private func kept() throws(ArmingError) -> GateRecord? {
    do throws(StateFailure) { return try keepTrip() } catch { throw .state(error) }
  }

  /// On disk first, then in the page: a crash between the two leaves the gate shut.
  private func arm(
    from status: GateStatus, who: String, reason: String, deadManSeconds: Double?
  ) throws(ArmingError) -> GateRecord {
    let record: GateRecord
    do throws(StateFailure) {
      record = try state.arm(
        instance, from: status.standing, who: who, reason: reason, deadManSeconds: deadManSeconds,
        time_ns: clinux_realtime_ns())
    } catch { throw error.kind == .changedMeanwhile ? .killedMeanwhile : .state(error) }
    guard let page = try? KillPage.attach(instance, ringDirectory: ringDirectory) else {
      return record
    }
    // What the page had when the checks began; a page that is newer was made shut.
    var observed = page.gate
    if case .word(let word) = status.page { observed = word }
    if let limit_ns = record.deadManLimit_ns {
      page.beat(monotonic_ns: clinux_monotonic_ns(), limit_ns: limit_ns)
    }
    let isOpen = page.open(record.generation, from: observed)
    if isOpen, state.standing(of: instance).armedGeneration == record.generation { return record }
    page.shut(.operatorKill, at: clinux_realtime_ns())
    do throws(StateFailure) {
      _ = try state.trip(
        instance, .operatorKill, who: who, reason: "killed while it was being armed",
        time_ns: clinux_realtime_ns())
    } catch { throw .state(error) }
    throw .killedMeanwhile
  }
}
