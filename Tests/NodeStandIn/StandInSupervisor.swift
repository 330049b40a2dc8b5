import Foundation
import TickEngine
import TickRing

/// What a test asks for.
struct StandInPlan: Decodable {
  struct Role: Decodable {
    var kind: String
    var number: Int
    var behaviours: [String]
  }
  var prefix: String
  var ringDirectory: String
  var log: String
  var roles: [Role]
  var restartsPerMinute: Int
  var restartsMax: Int
  var readyMax_s: Double
  var drainMax_s: Double
  var graceMax_s: Double
  var continues: Bool
  var configurationHash: UInt64
}

/// The real supervisor over stand-in roles, with the regions that it needs itself.
enum StandInSupervisor {
  static func run(planAt path: String) -> Int32 {
    do {
      let data = try Data(contentsOf: URL(filePath: path))
      return try run(JSONDecoder().decode(StandInPlan.self, from: data))
    } catch let error as SupervisorError {
      say("\(error)")
      if case .alreadyRunning = error { return 5 }
      return 70
    } catch {
      say("\(error)")
      return 71
    }
  }

  private static func run(_ plan: StandInPlan) throws -> Int32 {
    var options = SupervisorOptions()
    options.ringDirectory = plan.ringDirectory
    options.restarts.immediatePerMinute = plan.restartsPerMinute
    options.restarts.restartsMax = plan.restartsMax
    options.readyMax_s = plan.readyMax_s
    options.drainMax_s = plan.drainMax_s
    options.graceMax_s = plan.graceMax_s
    options.onDeath = plan.continues ? .continue : .stop
    options.configurationHash = plan.configurationHash
    let observer = SupervisorObserver(
      note: { say($0) }, line: { say("\($0): \($1)") },
      printed: { name, _, text in print("== \(name)\n\(text)", terminator: "") })
    let supervisor = try Supervisor(
      [SetPlan(prefix: plan.prefix, roles: plan.roles.map { launch($0, plan) })], options,
      observer: observer
    ) { set in
      _ = try Region.create(
        .control, directory: plan.ringDirectory, name: "\(set.prefix).control",
        capacity: ControlPage.capacity)
      _ = try Region.create(
        .metrics, directory: plan.ringDirectory, name: "\(set.prefix).metrics",
        capacity: RoleTable.capacity(roles: set.roles.count))
    }
    let outcome = supervisor.run()
    supervisor.removeRegions(directory: plan.ringDirectory)
    guard let failure = outcome.failure else { return 0 }
    return failure.roleEnd?.status ?? 1
  }

  private static func launch(_ role: StandInPlan.Role, _ plan: StandInPlan) -> RoleLaunch {
    let kind = RoleKind.allCases.first { $0.name == role.kind }!
    let own = ["role", role.kind, "\(role.number)", plan.ringDirectory, plan.prefix, plan.log]
    let program = try! FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return RoleLaunch(
      kind, number: role.number, path: program, arguments: own + role.behaviours)
  }

  private static func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
