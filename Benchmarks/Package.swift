// swift-tools-version: 6.2
import PackageDescription

/// A package of its own, so that it sees public products only: what is measured is what a user
/// gets.
let package = Package(
  name: "tickway-benchmarks",
  dependencies: [.package(name: "tickway", path: "..")],
  targets: [
    // Bare sockets, to measure against: the importer does not see recvmmsg.
    .target(name: "CBare", cSettings: [.treatAllWarnings(as: .error)]),
    .executableTarget(
      name: "tickway-bench",
      dependencies: [
        "CBare",
        .product(name: "TickEngine", package: "tickway"),
        .product(name: "TickRing", package: "tickway"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
