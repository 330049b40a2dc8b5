// Fuzz targets of the parsers for libFuzzer, one binary for all. No SwiftPM target: scripts/fuzz
// compiles this folder and all of TickWire into one module, so that the parsers are instrumented.
// (The feed behind them is a target of its own: Tests/FuzzFeed.)
//
// A target takes any bytes and must not trap, read outside them (AddressSanitizer sees that),
// run for long, or contradict itself: each checks invariants that its parser documents.
import Glibc

enum FuzzTarget: String, CaseIterable {
  case capture, file, iex, mold, order

  func run(_ bytes: Bytes) {
    switch self {
    case .capture: FuzzCapture.read(bytes)
    case .file: FuzzCapture.readFile(bytes)
    case .iex: FuzzIex.read(bytes)
    case .mold: FuzzMold.read(bytes)
    case .order: FuzzOrder.read(bytes)
    }
  }

  var seeds: [[UInt8]] {
    switch self {
    case .capture, .file: FuzzSeeds.captures
    case .iex: FuzzSeeds.datagrams
    case .mold: FuzzSeeds.moldDatagrams
    case .order: FuzzSeeds.streams
    }
  }
}

// Written once, before the first input; libFuzzer calls from one thread.
nonisolated(unsafe) private var target = FuzzTarget.capture

@_cdecl("LLVMFuzzerInitialize")
func fuzzInitialize(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
  let name = getenv("TICKWAY_FUZZ_TARGET").map { String(cString: $0) } ?? "unset"
  guard let found = FuzzTarget(rawValue: name) else {
    fatalError("TICKWAY_FUZZ_TARGET is \(name); targets are \(FuzzTarget.allCases)")
  }
  target = found
  if let directory = getenv("TICKWAY_FUZZ_SEEDS") {
    fuzzWrite(seeds: found.seeds, to: String(cString: directory))
    exit(0)
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ data: UnsafeRawPointer?, _ count: Int) -> Int32 {
  target.run(Bytes(UnsafeRawBufferPointer(start: data, count: count)))
  return 0
}
