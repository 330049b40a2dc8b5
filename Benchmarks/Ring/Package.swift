// swift-tools-version: 6.2
import PackageDescription

/// The ring benchmark's Swift loops, as a library that the benchmark loads: a package of its own,
/// so that it sees public products only and its loops are compiled as a user's would be; but for
/// where they lie, which is at cache lines, as those of C do.
let aligned: SwiftSetting = .unsafeFlags(["-Xllvm", "-align-all-functions=6"])

let package = Package(
  name: "tickway-ring-benchmark",
  products: [.library(name: "RingLoops", type: .dynamic, targets: ["RingLoops"])],
  dependencies: [.package(name: "tickway", path: "../..")],
  targets: [
    .target(name: "BenchClock", path: "Clock"),
    .target(
      name: "RingLoops",
      dependencies: [
        "BenchClock",
        .product(name: "TickRing", package: "tickway"),
        .product(name: "CTickRing", package: "tickway"),
      ],
      path: "Swift", swiftSettings: [.treatAllWarnings(as: .error), aligned])
  ],
  swiftLanguageModes: [.v6]
)
