import Testing
import TickRing

@testable import TickEngine

private let cpus = "sys/devices/system/cpu"
private let node = "sys/devices/system/node"

/// What a machine says on which nothing is to be mended: eight cores, six of them isolated.
private let goodMachine: [String: String] = {
  var files = [
    "\(cpus)/online": "0-7\n", "\(cpus)/isolated": "2-7\n", "\(cpus)/nohz_full": "2-7\n",
    "\(cpus)/smt/active": "0\n", "\(cpus)/intel_pstate/no_turbo": "1\n",
    "\(cpus)/cpu0/cpuidle/state0/latency": "0\n", "\(cpus)/cpu0/cpuidle/state0/disable": "0\n",
    "\(cpus)/cpu0/cpuidle/state1/latency": "50\n", "\(cpus)/cpu0/cpuidle/state1/disable": "1\n",
    "proc/self/status": "Name:\ttickway\nCapEff:\t0000000000000000\nCpus_allowed_list:\t0-7\n",
    "proc/self/limits": """
    Limit                     Soft Limit           Hard Limit           Units
    Max open files            65536                65536                files
    Max locked memory         unlimited            unlimited            bytes
    Max realtime priority     99                   99
    Max realtime timeout      500000               unlimited            us

    """,
    "proc/sys/kernel/sched_rt_runtime_us": "-1\n",
    "proc/sys/kernel/sched_rt_period_us": "1000000\n",
    "proc/sys/kernel/osrelease": "6.12.3-rt\n", "proc/sys/kernel/numa_balancing": "0\n",
    "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu tsc\n",
    "proc/irq/30/eth0/x": "", "proc/irq/30/smp_affinity_list": "0-1\n",
    "proc/irq/31/smp_affinity_list": "5\n", "proc/1/comm": "systemd\n",
    "proc/self/mounts": "tmpfs /dev/shm tmpfs rw 0 0\n",
    "proc/swaps": "Filename Type Size Used Priority\n",
    "proc/net/route":
      "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
      + "eth0\t000000E0\t00000000\t0001\t0\t0\t0\t000000F0\t0\n",
    "proc/sys/net/ipv4/conf/all/rp_filter": "0\n",
    "proc/sys/net/ipv4/conf/eth0/rp_filter": "2\n",
    "proc/sys/net/core/rmem_max": "67108864\n", "dev/shm/other": "no region",
    "sys/class/net/eth0/flags": "0x1003\n", "sys/class/net/eth0/operstate": "up\n",
    "sys/class/net/lo/flags": "0x9\n", "sys/class/net/lo/operstate": "unknown\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc hpet\n",
    "\(node)/online": "0-1\n",
  ]
  for core in 0..<8 {
    files["\(cpus)/cpu\(core)/cpufreq/scaling_governor"] = "performance\n"
    files["\(cpus)/cpu\(core)/topology/thread_siblings_list"] = "\(core)\n"
  }
  for number in 0..<2 {
    files["\(node)/node\(number)/cpulist"] = number == 0 ? "0-3\n" : "4-7\n"
    files["\(node)/node\(number)/distance"] = number == 0 ? "10 21\n" : "21 10\n"
    files["\(node)/node\(number)/meminfo"] =
      "Node \(number) MemTotal: 99999 kB\nNode \(number) MemFree: 88888 kB\n"
    let pages = "\(node)/node\(number)/hugepages/hugepages-2048kB"
    files["\(pages)/nr_hugepages"] = "64\n"
    files["\(pages)/free_hugepages"] = "64\n"
  }
  return files
}()

/// What one thing of a machine must say to be worse than good, and the finding that tells it.
struct Ailment: Sendable, CustomTestStringConvertible {
  let path: String
  let text: String
  let subject: String
  let remedy: String
  var verdict = MachineFinding.Verdict.warning
  var testDescription: String { "\(path) = \(text)" }
}

private let ailments: [Ailment] = [
  Ailment(path: "\(cpus)/online", text: "0-1", subject: "cores", remedy: "--workers"),
  Ailment(path: "\(cpus)/isolated", text: "", subject: "isolated cores", remedy: "isolcpus="),
  Ailment(path: "\(cpus)/nohz_full", text: "(null)", subject: "timer tick", remedy: "nohz_full="),
  Ailment(path: "\(cpus)/smt/active", text: "1", subject: "smt", remedy: "smt/control"),
  Ailment(
    path: "\(cpus)/cpu3/cpufreq/scaling_governor", text: "powersave", subject: "governor",
    remedy: "frequency-set -g performance"),
  Ailment(
    path: "\(cpus)/intel_pstate/no_turbo", text: "0", subject: "turbo", remedy: "echo 1 > /sys"),
  Ailment(
    path: "\(cpus)/cpu0/cpuidle/state1/disable", text: "0", subject: "idle states",
    remedy: "idle-set"),
  Ailment(
    path: "sys/devices/system/clocksource/clocksource0/current_clocksource", text: "hpet",
    subject: "clocksource", remedy: "echo tsc >"),
  Ailment(
    path: "proc/self/limits",
    text: "Max open files 1000\nMax locked memory 65536\nMax realtime priority 0\n"
      + "Max realtime timeout unlimited", subject: "locked memory", remedy: "ulimit -l unlimited"),
  Ailment(
    path: "proc/self/limits",
    text: "Max open files 32\nMax locked memory 65536\nMax realtime priority 0",
    subject: "open files", remedy: "ulimit -n 4096", verdict: .unsafe),
  Ailment(
    path: "proc/sys/kernel/sched_rt_runtime_us", text: "950000",
    subject: "real-time throttling", remedy: "sched_rt_runtime_us=-1"),
  Ailment(
    path: "proc/irq/30/smp_affinity_list", text: "0-7", subject: "interrupts",
    remedy: "echo 0-1 > /proc/irq/$i"),
  Ailment(
    path: "proc/77/comm", text: "irqbalance", subject: "irqbalance", remedy: "disable --now"),
  Ailment(
    path: "sys/kernel/mm/transparent_hugepage/enabled", text: "[always] madvise never",
    subject: "transparent huge pages", remedy: "echo madvise"),
  Ailment(
    path: "proc/self/mounts", text: "/dev/sda /dev/shm ext4 rw 0 0", subject: "shared memory",
    remedy: "mount -t tmpfs"),
  Ailment(
    path: "proc/sys/kernel/numa_balancing", text: "1", subject: "numa balancing",
    remedy: "numa_balancing=0"),
  Ailment(
    path: "proc/swaps", text: "Filename Type\n/dev/sdb partition 1 0 -2", subject: "swap",
    remedy: "swapoff -a"),
  Ailment(
    path: "sys/class/net/eth0/flags", text: "0x1002", subject: "multicast", remedy: "ip link set"),
  Ailment(
    path: "proc/net/route", text: "Iface\tDestination", subject: "multicast route",
    remedy: "224.0.0.0/4 dev eth0"),
  Ailment(
    path: "proc/sys/net/ipv4/conf/eth0/rp_filter", text: "1", subject: "reverse path filter",
    remedy: "net.ipv4.conf.eth0.rp_filter=2"),
  Ailment(
    path: "proc/sys/net/core/rmem_max", text: "212992", subject: "receive buffer",
    remedy: "rmem_max=8388608"),
  Ailment(path: "proc/sys/kernel/osrelease", text: "5.10.0", subject: "kernel", remedy: "5.14"),
  Ailment(
    path: "proc/sys/kernel/osrelease", text: "4.19.0", subject: "kernel", remedy: "5.14",
    verdict: .unsafe),
  Ailment(
    path: "proc/cpuinfo", text: "flags : fpu hypervisor", subject: "virtual machine",
    remedy: "--jitter"),
]

@Suite struct MachineDoctorTests {
  private static let roomy = FileSystemSpace(total_bytes: 8 << 30, free_bytes: 4 << 30)

  private func findings(
    _ machine: MachineFixture, space: FileSystemSpace? = MachineDoctorTests.roomy
  ) -> [MachineFinding] {
    MachineDoctor(root: machine.root) { _ in space }.findings()
  }

  private func findings(changing path: String, to text: String) throws -> [MachineFinding] {
    let machine = try MachineFixture(goodMachine)
    try machine.set(path, text)
    return findings(machine)
  }

  @Test func onAGoodMachineNothingIsToBeMended() throws {
    let findings = findings(try MachineFixture(goodMachine))
    for finding in findings {
      #expect(finding.verdict == .ok && finding.remedy == nil, "\(finding)")
    }
    #expect(findings.count > 20)
  }

  @Test(arguments: ailments) func eachAilmentIsToldWithItsCostAndWhatMendsIt(
    _ ailment: Ailment
  ) throws {
    let findings = try findings(changing: ailment.path, to: ailment.text + "\n")
    let told = try #require(findings.first { $0.subject == ailment.subject }, "\(findings)")
    #expect(told.verdict == ailment.verdict, "\(told)")
    #expect(told.cost?.isEmpty == false && told.remedy?.contains(ailment.remedy) == true, "\(told)")
  }

  @Test func aMachineThatSaysNothingIsUnknownAndNeverOk() {
    let findings = MachineDoctor(root: "/nonexistent") { _ in nil }.findings()
    // Without a list of processes or mounts neither is known to be good.
    for finding in findings { #expect(finding.verdict != .ok, "\(finding)") }
    #expect(!DoctorReport(findings: findings).isUnsafe)
  }

  @Test func eachFileThatIsMissingMakesSomethingUnknownOrWorse() throws {
    // Not of them: what says only where more is, and files whose absence is an answer.
    let silent = [
      "thread_siblings_list", "available_clocksource", "irq/31", "irq/30/eth0", "proc/1/comm",
      "dev/shm/other", "net/lo", "cpu0/cpuidle/state0",
    ]
    let machine = try MachineFixture(goodMachine)
    for (path, text) in goodMachine where !silent.contains(where: { path.contains($0) }) {
      try machine.set(path, nil)
      #expect(findings(machine).contains { $0.verdict != .ok }, "\(path)")
      try machine.set(path, text)
    }
  }

  @Test(arguments: [
    "", "\n", "x", "-", "99999999999999999999", "0-99999999", "\u{0}\u{1}", "[]:\t",
  ])
  func garbageInAnyFileIsNoCrashAndMakesNothingUnsafe(garbage: String) throws {
    let machine = try MachineFixture(goodMachine)
    for path in goodMachine.keys { try machine.set(path, garbage) }
    let findings = findings(machine)
    #expect(!findings.isEmpty && findings.allSatisfy { $0.verdict != .unsafe })
    let ok = findings.filter { $0.verdict == .ok }.map(\.subject)
    #expect(Set(ok).isSubset(of: ["shared memory room", "regions", "irqbalance"]), "\(ok)")
  }

  @Test func aSharedMemoryWithoutRoomMakesTradingImpossible() throws {
    let machine = try MachineFixture(goodMachine)
    let none = findings(machine, space: FileSystemSpace(total_bytes: 64 << 20, free_bytes: 1 << 20))
    #expect(none.first { $0.subject == "shared memory room" }?.verdict == .unsafe)
    #expect(DoctorReport(findings: none).isUnsafe)
    let tight = findings(
      machine, space: FileSystemSpace(total_bytes: 64 << 20, free_bytes: 64 << 20))
    #expect(tight.first { $0.subject == "shared memory room" }?.verdict == .warning)
    #expect(!DoctorReport(findings: tight).isUnsafe)
    let unknown = findings(machine, space: nil)
    #expect(unknown.first { $0.subject == "shared memory room" }?.verdict == .unknown)
  }

  @Test func leftoversAreToldByName() throws {
    let machine = try MachineFixture(goodMachine)
    do {
      _ = try DirectoryWriter(
        claiming: Region.create(
          .directory, directory: machine.root + "/dev/shm", name: "old.directory", capacity: 64),
        venue: 1)
    }
    let regions = findings(machine).first { $0.subject == "regions" }
    #expect(regions?.verdict == .warning && regions?.what.contains("old.directory") == true)
    #expect(regions?.remedy == "tickway ring doctor --fix")
  }

  @Test func rightsSetLimitsAside() throws {
    let machine = try MachineFixture(goodMachine)
    try machine.set(
      "proc/self/status", "CapEff:\t000001ffffffffff\nCpus_allowed_list:\t0-7\n")
    try machine.set(
      "proc/self/limits",
      "Max open files 65536\nMax locked memory 65536\nMax realtime priority 0\n"
        + "Max realtime timeout 1000\n")
    for finding in findings(machine) { #expect(finding.verdict == .ok, "\(finding)") }
  }
}
