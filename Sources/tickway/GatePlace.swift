import ArgumentParser
import Foundation
import Glibc
import TickEngine
import TickRing

/// Where gates and trips are, and who asks.
struct GatePlace: ParsableArguments {
  @Option(
    name: .customLong("ring-dir"),
    help: "Where the gates are.", completion: .directory)
  var ringDirectory = Region.defaultDirectory

  @Option(
    name: .customLong("state-dir"),
    help: ArgumentHelp(
      """
      Where trips survive; by default the one that the sender obeys, or /var/lib/tickway for root, \
      else $XDG_STATE_HOME/tickway or ~/.local/state/tickway.
      """, valueName: "state-dir"),
    completion: .directory)
  var stateDirectory: String?

  private var given: String? { StateDirectory.given(stateDirectory) }
  var state: StateDirectory { StateDirectory(path: given ?? StateDirectory.standardPath) }

  var instances: [String] { KillSwitch.instances(ringDirectory: ringDirectory, state: state) }

  func killSwitch(_ verb: String, _ instance: String) throws -> KillSwitch {
    // Unless a directory is given, the sender's own is meant, whoever asks.
    let obeyed =
      given == nil
      ? KillSwitch.stateDirectory(of: instance, ringDirectory: ringDirectory) : nil
    do throws(KillError) {
      return try KillSwitch(instance, ringDirectory: ringDirectory, state: obeyed ?? state)
    } catch { throw Complaint.exit(verb, "\(error)", .usage) }
  }

  /// Who runs the command: by sudo, whoever asked for it.
  static var user: String {
    let environment = ProcessInfo.processInfo.environment
    let name = NSUserName()
    guard let asked = environment["SUDO_USER"], !asked.isEmpty, asked != name else { return name }
    return "\(asked) as \(name)"
  }

  /// Text of a person's, as it goes on record: one line.
  static func line(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }.prefix(1_000))
      .trimmingCharacters(in: .whitespaces)
  }
}

extension StateDirectory {
  /// Absolute, since others are told of it. Nothing, as of a variable that is not set, is no
  /// directory: else the one in which somebody happens to be would hold trips that no sender sees.
  static func given(_ argument: String?) -> String? {
    argument.flatMap { $0.isEmpty ? nil : URL(filePath: $0).path }
  }
}
