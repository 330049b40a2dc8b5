import Foundation
import TickEngine

// A supervisor, and the roles that it runs, reduced to what the one sees of the others.
//
// node-stand-in supervise PLAN.json
// node-stand-in role KIND NUMBER RING-DIR PREFIX LOG [BEHAVIOUR…]

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "supervise" where arguments.count == 2: exit(StandInSupervisor.run(planAt: arguments[1]))
case "role" where arguments.count >= 6:
  var role = StandInRole(Array(arguments.dropFirst()))
  exit(role.run())
default: exit(64)
}
