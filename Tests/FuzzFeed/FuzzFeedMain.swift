// Fuzz target `feed`: what a live ingester does behind its sockets, for libFuzzer. A static library
// that is in the package only where TICKWAY_FUZZ is set; scripts/fuzz builds and links it.
//
// An input is a script (`FeedScript`): datagrams on two lines, raw or made, answers to requests,
// and steps of virtual time. Whatever it says, nothing traps or reads outside (AddressSanitizer
// sees that), what is held back keeps its bounds, and all counts reconcile with what was given.
import Glibc
import TickWire

@testable import TickEngine

/// Made once: an IEX feed has tables of megabytes. Between inputs each begins a fresh session, in
/// which all but the directory is forgotten. Used from libFuzzer's one thread.
nonisolated(unsafe) private var feeds: [any FuzzedFeed] = []

@_cdecl("LLVMFuzzerInitialize")
func fuzzInitialize(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
  if let directory = getenv("TICKWAY_FUZZ_SEEDS") {
    fuzzWrite(seeds: FeedScript.seeds, to: String(cString: directory))
    exit(0)
  }
  do {
    feeds = [
      try DrivenFeed(isRecovering: false, FuzzedIex.write) { IexDecoder(publisher: $0) },
      try DrivenFeed(isRecovering: true, FuzzedItch.write) {
        ItchMessageDecoder(publisher: $0, recording: nil)
      },
      try DrivenFeed(isRecovering: true, FuzzedRelay.write) { TickFeedDecoder(publisher: $0) },
      try DrivenFeed(isRecovering: false, FuzzedItch.write) {
        ItchMessageDecoder(publisher: $0, recording: nil)
      },
    ]
  } catch {
    fatalError("no feed to fuzz: \(error)")
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ data: UnsafeRawPointer?, _ count: Int) -> Int32 {
  var script = FeedScript(Bytes(UnsafeRawBufferPointer(start: data, count: count)))
  feeds[script.u8() % feeds.count].run(&script)
  return 0
}
