// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: warnings are errors, and memory-unsafe code must say so.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]
/// The ring module is the one place where raw shared memory is the subject itself.
let ringSettings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "tickway",
  products: [
    .library(name: "CTickRing", targets: ["CTickRing"]),
    .library(name: "TickRing", targets: ["TickRing"]),
    .library(name: "TickEngine", targets: ["TickEngine"]),
    .executable(name: "tickway", targets: ["tickway"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Floor 0: C. CTickRing is public; the others are what the Swift importer cannot see.
    .target(name: "CTickRing", path: "CShims/CTickRing", cSettings: strictC),
    .target(
      name: "CLinux", dependencies: ["CNuma"], path: "CShims/CLinux", cSettings: strictC),
    .systemLibrary(
      name: "CNuma", path: "CShims/CNuma", pkgConfig: "numa",
      providers: [.apt(["libnuma-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "CShims/CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CLapack", path: "CShims/CLapack", pkgConfig: "lapacke",
      providers: [.apt(["liblapacke-dev", "libblas-dev"])]),

    // Floor 1: the ring.
    .target(name: "TickRing", dependencies: ["CTickRing"], swiftSettings: ringSettings),

    // Floor 2: bytes to messages and back; histograms.
    .target(name: "TickWire", dependencies: ["CZlib"], swiftSettings: strict),
    .target(
      name: "TickMetrics",
      dependencies: ["TickRing", .product(name: "Histogram", package: "hdrhistogram-swift")],
      swiftSettings: strict),

    // Floor 3: the pipeline.
    .target(
      name: "TickEngine",
      dependencies: ["TickRing", "TickWire", "TickMetrics", "CLinux", "CLapack"],
      swiftSettings: strict),

    // Floor 5: the command.
    .executableTarget(
      name: "tickway",
      dependencies: [
        "TickEngine", "TickWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    // A strategy to copy out; scripts/check-outside proves that it builds outside, too.
    .executableTarget(
      name: "MeanReversion", dependencies: ["TickEngine", "TickRing"],
      path: "Sources/Examples/MeanReversion", swiftSettings: strict),

    .testTarget(
      name: "TickRingTests", dependencies: ["TickRing", "CTickRing", "TestSupport"],
      swiftSettings: ringSettings),
    .testTarget(
      name: "TickWireTests", dependencies: ["TickWire", "TestSupport"],
      swiftSettings: ringSettings),
    .testTarget(
      name: "TickMetricsTests", dependencies: ["TickMetrics", "TestSupport"],
      swiftSettings: ringSettings),
    .testTarget(
      name: "TickEngineTests",
      dependencies: [
        "TickEngine", "MeanReversion", "TestSupport", "gate-stand-in", "ledger-sender",
      ],
      swiftSettings: ringSettings),
    // The command itself: real processes.
    .testTarget(
      name: "TickwayTests",
      dependencies: [
        "tickway", "TickEngine", "TickRing", "TickWire", "TestSupport", "gate-stand-in",
        "node-stand-in",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: ringSettings),
    // A sender reduced to what a kill has to stop; a process, so that it can be stopped.
    .executableTarget(
      name: "gate-stand-in", dependencies: ["TickEngine", "CLinux"], path: "Tests/GateStandIn",
      swiftSettings: ringSettings),
    // A supervisor, and roles reduced to what it sees of them: processes, so that they can die.
    .executableTarget(
      name: "node-stand-in", dependencies: ["TickEngine", "TickRing", "CLinux"],
      path: "Tests/NodeStandIn", swiftSettings: ringSettings),
    // A sender reduced to what it does with the account's credit; a process, so that it can die.
    .executableTarget(
      name: "ledger-sender", dependencies: ["TickEngine", "TickRing"], path: "Tests/LedgerSender",
      swiftSettings: ringSettings),
    // What tests of several modules need.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: ringSettings),
    // The house rules, read from the sources themselves.
    .testTarget(name: "HouseTests", dependencies: [], swiftSettings: ringSettings),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)

// The fuzz target of the feed, only where scripts/fuzz builds it: it has no `main` but libFuzzer's.
if Context.environment["TICKWAY_FUZZ"] != nil {
  package.products.append(
    .library(name: "FuzzFeed", type: .static, targets: ["FuzzFeed"]))
  package.targets.append(
    .target(
      name: "FuzzFeed", dependencies: ["TickEngine", "TickRing", "TickWire"],
      path: "Tests/FuzzFeed", swiftSettings: ringSettings))
}
