// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "ticks",
  dependencies: [.package(name: "tickway", path: "../../..")],
  targets: [
    .executableTarget(name: "ticks", dependencies: [.product(name: "TickRing", package: "tickway")])
  ])
