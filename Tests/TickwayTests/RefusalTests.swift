import Foundation
import Glibc
import TestSupport
import Testing

/// What cannot be done is refused at once: a message that says what to do, an exit code of its
/// own, and nothing left behind.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct RefusalTests {
  private let scratch = Scratch()

  /// Runs `arguments` and expects the refusal; nothing printed but the message.
  private func expectRefusal(
    _ arguments: [String], _ code: Int32, says parts: String...,
    environment: [String: String] = [:], location: SourceLocation = #_sourceLocation
  ) throws {
    let names = sharedMemoryNames()
    let result = try Command.run(arguments, environment: environment, within: 10)
    let seen = "\(arguments): \(result.error)"
    #expect(result.status == code, "\(seen)", sourceLocation: location)
    #expect(result.output.isEmpty, "\(seen)", sourceLocation: location)
    let start = "tickway \(arguments[0]): "
    #expect(result.error.hasPrefix(start), "\(seen)", sourceLocation: location)
    #expect(result.error.hasSuffix("\n"), "\(seen)", sourceLocation: location)
    for part in parts {
      #expect(result.error.contains(part), "\(seen) lacks: \(part)", sourceLocation: location)
    }
    #expect(sharedMemoryNames() == names, sourceLocation: location)
  }

  private func day() throws -> String { try scratch.synth(messages: 2_000, symbols: 20) }

  // MARK: Captures

  @Test(arguments: ["replay", "capture"])
  func whatIsNoReadableCaptureIsRefused(verb: String) throws {
    let text = try scratch.write("Date,Open,High\n2024-01-02,1,2\n", to: "prices.csv")
    let empty = try scratch.write("", to: "empty.pcap")
    try expectRefusal([verb, scratch["absent"]], 66, says: "No such file", "check the path")
    try expectRefusal([verb, scratch.path], 66, says: "is a directory")
    try expectRefusal([verb, "/dev/null"], 66, says: "a device")
    try expectRefusal([verb, text], 65, says: "is not a capture", "pcap")
    try expectRefusal([verb, empty], 65, says: "empty")
    let header = PcapFile(try scratch.bytes(URL(filePath: try day()).lastPathComponent))
    try Data(header.bytes(of: []).prefix(10)).write(to: URL(filePath: scratch["cut"]))
    try expectRefusal([verb, scratch["cut"]], 65, says: scratch["cut"])
  }

  /// By a user without rights, as whom a root shell runs the command.
  @Test(.enabled(if: canLackRights, "root, without setpriv to run as another user"))
  func whatAUserMayNotUseIsRefused() throws {
    let path = try day()
    try expectFailure(
      ["replay", path, "--ring-dir", scratch.path], 77, asNobody: true,
      says: "or choose a directory that this user may write")
    try expectFailure(
      ["replay", path, "--record", scratch["ticks"]], 77, asNobody: true,
      says: "may write to")
    try expectFailure(
      ["replay", path, "--json", scratch["json"]], 77, asNobody: true,
      says: "may write to")
    chmod(path, 0)
    try expectFailure(["replay", path], 77, asNobody: true, says: "Permission denied")
    #expect(scratch.names == ["day.pcap"])
  }

  private static let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

  private static let canLackRights: Bool = {
    if getuid() != 0 { return true }
    let process = try? Running(nobody + [Command.path, "--help"])
    return (try? process?.wait(within: 5).status) == 0
  }()

  @Test func aCaptureWithoutAKnownFeedIsRefused() throws {
    let file = PcapFile(try scratch.bytes(URL(filePath: try day()).lastPathComponent))
    try Data(file.bytes(of: [])).write(to: URL(filePath: scratch["none.pcap"]))
    try expectRefusal(
      ["replay", scratch["none.pcap"]], 4, says: "0 packets", "tickway capture FILE")
    // The IEX-TP version is the first byte of the payload: 1 becomes 9.
    var bytes = file.bytes(of: [0])
    bytes[24 + 16 + 42] = 9
    try Data(bytes).write(to: URL(filePath: scratch["other.pcap"]))
    try expectRefusal(["replay", scratch["other.pcap"]], 4, says: "1 packets, none known")
    try expectRefusal(["venue", "--capture", scratch["other.pcap"]], 4, says: "none known")
  }

  // MARK: Arguments

  @Test func argumentsThatCannotBeAreRefused() throws {
    let path = try day()
    let cases: [([String], String)] = [
      (["--feed", "cqs"], "choose auto or iex"),
      (["--strategy", "magic"], "none, momentum, market-maker"),
      (["--strategy", "momentum", "--param", "colour=red"], "unknown parameter colour"),
      (["--strategy", "momentum", "--param", "colour"], "k=v"),
      (["--strategy", "market-maker", "--param", "quantity=lots"], "a whole number from 1"),
      (["--pace", "fast"], "max or a factor"), (["--pace", "0x"], "max or a factor"),
      (["--pace", "nanx"], "max or a factor"), (["--workers", "0"], "a number from 1"),
      (["--workers", "1000"], "a number from 1"), (["--repeat", "0"], "at least 1"),
      (["--restarts", "perhaps"], "follow or refuse"),
      (["--ring-capacity", "1000"], "a power of two"), (["--venue", "here"], "HOST:PORT"),
      (["--venue", "127.0.0.1:99999"], "HOST:PORT"),
      (["--strategy", "momentum", "--venue", "127.0.0.1:9"], "needs --limits FILE"),
    ]
    for (arguments, part) in cases {
      try expectRefusal(["replay", path] + arguments, 64, says: part)
    }
    let line = ["--line-a", "239.255.71.9:15099", "--interface", "127.0.0.1"]
    try expectRefusal(
      ["publish", path] + line + ["--loss", "b:0.5"], 64, says: "--loss b:0.5: there is no line B")
    try expectRefusal(
      ["relay", "--ring", "none"] + line + ["--delay", "b:1"], 64, says: "there is no line B")
    try expectRefusal(["venue"], 64, says: "--capture FILE or --ring NAME")
    try expectRefusal(["venue", "--capture", path, "--listen", "9000"], 64, says: "127.0.0.1:9000")
    try expectRefusal(["venue", "--capture", path, "--pace", "x"], 64, says: "max or a factor")
    try expectRefusal(
      ["venue", "--capture", path, "--user", "much-too-long"], 64, says: "1 to 6")
    let venueCases: [([String], String)] = [
      (["--cut", "1.5"], "--cut 1.5: a probability from 0 to 1"),
      (["--reject", "2"], "--reject 2: a probability from 0 to 1"),
      (["--break", "nan"], "--break nan: a probability from 0 to 1"),
      (["--partial-fills", "often"], "a probability from 0 to 1"),
      (["--latency", "5ms"], "--latency 5ms: microseconds"),
      (["--cut-at", "40:0"], "--cut-at 40:0: bytes, or bytes:connections"),
      (["--slow-reads", "0"], "--slow-reads 0: at least 1 byte per second"),
      (["--cancel-on-disconnect", "maybe"], "choose on or off"),
    ]
    for (arguments, part) in venueCases {
      try expectRefusal(["venue", "--capture", path] + arguments, 64, says: part)
    }
  }

  @Test func settingsThatCannotBeUsedAreRefused() throws {
    let path = try day()
    let notJSON = try scratch.write("quantity: 5", to: "limits.yaml")
    let short = try scratch.write(#"{"order_quantity_max": 5}"#, to: "short.json")
    let wrong = try scratch.write(
      try String(contentsOfFile: try scratch.limits(), encoding: .utf8)
        .replacingOccurrences(of: "10000,", with: "-1,"), to: "wrong.json")
    try expectRefusal(
      ["replay", path, "--limits", scratch["no"]], 66, says: "cannot read", "No such file")
    for file in [scratch.path, "/dev/zero"] {
      try expectRefusal(
        ["replay", path, "--limits", file], 66, says: "no regular file, nor a pipe")
    }
    try expectRefusal(["replay", path, "--limits", notJSON], 78, says: "JSON object")
    try expectRefusal(["replay", path, "--limits", short], 78, says: "is missing")
    try expectRefusal(["replay", path, "--limits", wrong], 78, says: "order_quantity_max", "-1")
    let long = try scratch.write("TOOLONGSYMBOL\n", to: "long.txt")
    let none = try scratch.write("# nothing\n", to: "none.txt")
    let twice = try scratch.write("AA\nAA\n", to: "twice.txt")
    try expectRefusal(["replay", path, "--symbols", scratch["no"]], 66, says: "cannot read")
    try expectRefusal(["replay", path, "--symbols", long], 78, says: "1 to 8 printable")
    try expectRefusal(["replay", path, "--symbols", none], 78, says: "names no symbol")
    try expectRefusal(["replay", path, "--symbols", twice], 78, says: "listed twice")
  }

  /// As a shell's `<(command)` gives it.
  @Test func settingsMayComeOutOfAPipe() throws {
    let (path, limits) = (try day(), try scratch.limits())
    let result = try Running([
      "bash", "-c", "'\(Command.path)' replay '\(path)' --limits <(cat '\(limits)') --json -",
    ]).wait()
    #expect(result.status == 0 && result.output.contains("tickway.report/1"), "\(result.error)")
  }

  // MARK: Outputs and regions

  @Test func resultsThatCannotBeWrittenAreRefusedBeforeTheRun() throws {
    let path = try day()
    for option in ["--json", "--record", "--orders", "--hgrm"] {
      try expectFailure(["replay", path, option, "/proc/nowhere/x"], 73, says: "check the path")
      guard option != "--hgrm" else { continue }
      try expectFailure(["replay", path, option, scratch.path], 73, says: "directory")
    }
    try expectFailure(["capture", path, "--json", "/nowhere/x"], 73, says: "check the path")
    try expectFailure(["synth", "--out", "/nowhere/x"], 73, says: "check the path")
    #expect(scratch.names == ["day.pcap"])
  }

  /// As `expectRefusal`, of verbs that may have printed their result.
  private func expectFailure(
    _ arguments: [String], _ code: Int32, asNobody: Bool = false, says part: String
  ) throws {
    let user = asNobody && getuid() == 0 ? Self.nobody : []
    if asNobody && getuid() != 0 { chmod(scratch.path, 0o555) }
    defer { chmod(scratch.path, 0o755) }
    let result = try Running(user + [Command.path] + arguments).wait(within: 10)
    #expect(result.status == code, "\(arguments): \(result.error)")
    #expect(result.error.contains(part), "\(arguments): \(result.error)")
    #expect(arguments[0] != "replay" || result.output.isEmpty)
  }

  @Test func aRingDirectoryThatCannotBeUsedIsRefused() throws {
    let path = try day()
    let absent = scratch["absent"]
    try expectRefusal(["replay", path, "--ring-dir", absent], 73, says: absent, "check the name")
    try expectRefusal(["replay", path, "--ring-dir", path], 73, says: path)
    for forbidden in ["/proc", "/sys"] {
      try expectRefusal(
        ["replay", path, "--ring-dir", forbidden], 77, says: "permission denied",
        "choose a directory")
    }
    try expectRefusal(
      ["venue", "--ring", "absent", "--ring-dir", scratch.path], 66,
      says: "absent", "start whoever publishes")
    try expectRefusal(["venue", "--ring", "../x", "--ring-dir", scratch.path], 64, says: "slash")
    try "not a region".write(toFile: scratch["text"], atomically: false, encoding: .utf8)
    try expectRefusal(
      ["venue", "--ring", "text", "--ring-dir", scratch.path], 74, says: "not a Tickway region")
  }

  @Test func aRingThatFindsNoRoomIsRefused() throws {
    let path = try day()
    // 32 GiB and more for each ring.
    try expectRefusal(
      ["replay", path, "--ring-capacity", "1073741824"], 75, says: "no space left", "smaller")
  }

  /// A file system of 1 MiB, of the test's own: full in the middle of making the regions.
  @Test(.enabled(if: canMount, "this kernel lets nobody mount a file system of their own"))
  func aFullRingDirectoryIsRefusedAndLeftEmpty() throws {
    let path = try day()
    let mount = scratch["mount"]
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: false)
    let script = """
      mount -t tmpfs -o size=1m none "$1" || exit 1
      "$2" replay "$3" --ring-dir "$1"; code=$?
      ls -A "$1"; exit $code
      """
    let process = try Running([
      "unshare", "-Urm", "sh", "-c", script, "sh", mount, Command.path, path,
    ])
    let result = try process.wait(within: 10)
    #expect(result.status == 75, "\(result.error)")
    #expect(result.error.contains("no space left"))
    #expect(result.output.isEmpty)
  }

  private static let canMount: Bool = {
    let process = try? Running(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"])
    return (try? process?.wait(within: 5).status) == 0
  }()
}
