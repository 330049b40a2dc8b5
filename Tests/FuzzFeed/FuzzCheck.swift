import Glibc

// What every fuzz target needs: claims, a sink, and seeds on disk.

/// What was read, so that no read can be optimised away. libFuzzer calls from one thread.
nonisolated(unsafe) var fuzzSink: UInt64 = 0

func fuzzUse(_ value: some BinaryInteger) {
  fuzzSink = fuzzSink &* 31 &+ UInt64(truncatingIfNeeded: value)
}

/// A broken invariant: stops like a trap, with words. `check` is compiled in at -O, unlike assert.
func fuzzCheck(_ condition: Bool, _ claim: StaticString) {
  if !condition { fatalError("not so: \(claim)") }
}

func fuzzWrite(seeds: [[UInt8]], to directory: String) {
  for (index, seed) in seeds.enumerated() {
    let file = open("\(directory)/seed-\(index)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    fuzzCheck(file >= 0, "the seed directory can be written")
    fuzzCheck(write(file, seed, seed.count) == seed.count, "a seed is written whole")
    close(file)
  }
}
