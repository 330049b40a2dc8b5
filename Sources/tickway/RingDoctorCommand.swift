import ArgumentParser
import TickEngine
import TickRing

extension RingCommand {
  /// Explains what is left over or broken.
  struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Explain dead owners, damage and leftovers; with --fix remove what nobody uses.",
      discussion: """
        After what is left over, the command that removes it is named, to be run as it stands. \
        Ends with 0 when every region is in use and in good order, or was removed, and with 1 when \
        there is something left to say, or a file that could not be looked at. Never removed are a \
        region that any process is attached to, one in good order that no process has used so far, \
        which is told, too, and one of another version.
        """)
    @OptionGroup var place: Place
    @Flag(help: "Remove leftovers: regions that were used and that no process is attached to.")
    var fix = false

    func run() throws {
      let survey = try told("doctor") { () throws(RingError) in
        try RegionInfo.survey(directory: place.directory)
      }
      var open = survey.unread.count
      for error in survey.unread { print("\(error.path): not looked at: \(error.reason)") }
      for region in survey.regions {
        for finding in region.findings { print("\(region.name): \(finding.text)") }
        open += try mend(region)
      }
      print("\(survey.regions.count) regions, \(open) findings open")
      if open > 0 { throw ExitCode(TickwayExit.inconsistent.rawValue) }
    }

    /// How many findings of a region remain.
    private func mend(_ region: RegionInfo) throws -> Int {
      let findings = region.findings
      guard fix, findings.contains(where: \.isLeftover) else {
        if let mending = RegionMending(region) { print("\(region.name): \(mending)") }
        return findings.count
      }
      do throws(RingError) {
        try region.removeUnused()
        print("\(region.name): removed")
        return 0
      } catch {
        print("\(region.name): kept: \(error.reason)")
        return findings.count
      }
    }
  }
}

/// The command that does away with a region that nobody uses.
struct RegionMending: CustomStringConvertible {
  let description: String

  /// nil for a region in good order, or one whose processes must mend it.
  init?(_ region: RegionInfo) {
    let place =
      region.directory == Region.defaultDirectory
      ? "" : " --ring-dir \(RegionMending.quoted(region.directory))"
    let name = RegionMending.quoted(region.name)
    if region.refusal?.kind == .version {
      // What such a region says of its processes cannot be read.
      description =
        "once no process of its version runs: tickway ring remove --force\(place) -- \(name)"
    } else if region.isAttached {
      return nil
    } else if region.findings.contains(where: \.isLeftover) {
      description = "to remove it: tickway ring remove\(place) -- \(name)"
    } else if !region.wasUsed {
      description = "unless it waits for one: tickway ring remove\(place) -- \(name)"
    } else {
      return nil
    }
  }

  /// As a shell takes it for one word.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy { character in
      character.isASCII
        && (character.isLetter || character.isNumber || "/._-+@:".contains(character))
    }
    return isPlain && !word.isEmpty
      ? word
      : "'"
        + word.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
