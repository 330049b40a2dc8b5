import Glibc
import TickRing

/// Room of a file system.
struct FileSystemSpace: Equatable, Sendable {
  let total_bytes: UInt64
  /// That this user may take.
  let free_bytes: UInt64

  init(total_bytes: UInt64, free_bytes: UInt64) {
    self.total_bytes = total_bytes
    self.free_bytes = free_bytes
  }

  /// nil if the path is not there.
  init?(at path: String) {
    var answer = statvfs()
    guard unsafe statvfs(path, &answer) == 0 else { return nil }
    total_bytes = UInt64(answer.f_blocks).multipliedClamped(by: UInt64(answer.f_frsize))
    free_bytes = UInt64(answer.f_bavail).multipliedClamped(by: UInt64(answer.f_frsize))
  }
}

extension UInt64 {
  fileprivate func multipliedClamped(by other: UInt64) -> UInt64 {
    let (product, isTooLarge) = multipliedReportingOverflow(by: other)
    return isTooLarge ? .max : product
  }
}

/// Where rings live: its room, its kind, and what is left over there.
enum SharedMemoryCheck {
  /// What one worker and a built-in venue take, by the memory plan, rounded up.
  private static let instance_bytes: UInt64 = 16 << 20
  /// With the rings of a live line, several workers, and a second instance.
  private static let comfort_bytes: UInt64 = 256 << 20

  static func findings(
    _ files: MachineFiles, _ space: (String) -> FileSystemSpace?
  ) -> [MachineFinding] {
    [kind(files), room(files, space)] + leftovers(files)
  }

  private static func kind(_ files: MachineFiles) -> MachineFinding {
    let mounts = (files.lines("/proc/self/mounts") ?? []).map { $0.split(separator: " ") }
    // The last of several mounts is the one that is seen.
    guard let mount = mounts.last(where: { $0.count > 2 && $0[1] == "/dev/shm" }) else {
      return .warning(
        "shared memory", "nothing is mounted at /dev/shm, as far as the kernel says",
        cost:
          "rings are files of a disk, and the kernel writes their pages back while they are hot",
        remedy: "mount -t tmpfs -o size=1g,mode=1777 shm /dev/shm")
    }
    guard mount[2] == "tmpfs" else {
      return .warning(
        "shared memory", "/dev/shm is of kind \(mount[2]), not tmpfs",
        cost: "the kernel writes pages of rings back to a disk while they are hot",
        remedy: "mount -t tmpfs -o size=1g,mode=1777 shm /dev/shm")
    }
    return .ok("shared memory", "/dev/shm is tmpfs")
  }

  private static func room(
    _ files: MachineFiles, _ space: (String) -> FileSystemSpace?
  ) -> MachineFinding {
    let remedy = "mount -o remount,size=1g /dev/shm; tickway ring doctor --fix"
    guard let space = space(files.root + "/dev/shm") else {
      return .unknown("shared memory room", "it cannot be asked for", remedy: "df -h /dev/shm")
    }
    let what = "\(space.free_bytes >> 20) of \(space.total_bytes >> 20) MiB free"
    if space.free_bytes < instance_bytes {
      return .unsafe(
        "shared memory room", what,
        cost: "not one instance finds room for its rings (\(instance_bytes >> 20) MiB at least)",
        remedy: remedy)
    }
    guard space.free_bytes < comfort_bytes else { return .ok("shared memory room", what) }
    return .warning(
      "shared memory room", what,
      cost: "several workers, large rings or a second instance find no room", remedy: remedy)
  }

  /// What `tickway ring doctor` has to say, in one line.
  private static func leftovers(_ files: MachineFiles) -> [MachineFinding] {
    let survey: RegionInfo.Survey
    do throws(RingError) {
      survey = try RegionInfo.survey(directory: files.root + "/dev/shm")
    } catch {
      return [
        .unknown("regions", "/dev/shm cannot be listed: \(error.reason)", remedy: "ls -l /dev/shm")
      ]
    }
    let regions = survey.regions
    let ill = regions.filter { !$0.findings.isEmpty }
    guard !ill.isEmpty || survey.unread.isEmpty else {
      return [
        .unknown(
          "regions", "\(survey.unread.count) files of /dev/shm cannot be looked at",
          remedy: "tickway ring doctor, as their owner or root")
      ]
    }
    guard !ill.isEmpty else { return [.ok("regions", "\(regions.count), all in good order")] }
    let bytes = ill.reduce(UInt64(0)) { $0 &+ $1.byteCount }
    let names = ill.prefix(4).map(\.name).joined(separator: ", ")
    let more = ill.count > 4 ? " and \(ill.count - 4) more" : ""
    return [
      .warning(
        "regions", "\(ill.count) of \(regions.count) are left over or broken: \(names)\(more)",
        cost: "\(bytes >> 20) MiB of /dev/shm, and names that are taken",
        remedy: "tickway ring doctor --fix")
    ]
  }
}
