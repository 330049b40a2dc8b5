import Testing

@testable import TickEngine

@Suite struct LineAddressTests {
  @Test func aGroupAndPortAreRead() throws {
    let line = try #require(LineAddress("239.1.2.3:5000"))
    #expect(line.group == 0xEF01_0203 && line.port == 5_000 && line.source == nil)
    #expect(line.isMulticast && line.description == "239.1.2.3:5000")
  }

  @Test func aSourceStandsInFront() throws {
    let line = try #require(LineAddress("10.0.0.1@232.255.0.9:65535"))
    #expect(line.source == 0x0A00_0001 && line.group == 0xE8FF_0009 && line.port == 65_535)
    #expect(line.description == "10.0.0.1@232.255.0.9:65535")
  }

  @Test func whatIsNoAddressIsRefused() {
    let wrong = [
      "", ":", "@", "239.1.2.3", "239.1.2.3:", "239.1.2.3:0", "239.1.2.3:65536", "239.1.2.3:+5",
      "239.1.2:5", "239.1.2.3.4:5", "239.1.2.256:5", "239..2.3:5", " 239.1.2.3:5", "239.1.2.3:5 ",
      "@239.1.2.3:5", "1.2.3@239.1.2.3:5", "0.0.0.0@239.1.2.3:5", "a@b@239.1.2.3:5", "localhost:5",
      "239.9.9.9@239.1.2.3:5", "255.255.255.255@239.1.2.3:5", "239.1.2.3:000005", "239.-1.2.3:5",
      "２39.1.2.3:5",
    ]
    for text in wrong { #expect(LineAddress(text) == nil, "\(text)") }
  }

  /// What can be asked for something.
  @Test func aHostIsNeitherAGroupNorHasASource() {
    for (text, isHost) in [
      ("127.0.0.1:1", true), ("223.255.255.255:1", true), ("224.0.0.0:1", false),
      ("239.1.1.1:1", false), ("255.255.255.255:1", false), ("0.0.0.0:1", false),
      ("10.0.0.1@127.0.0.1:1", false),
    ] {
      #expect(LineAddress(text)?.isHost == isHost, "\(text)")
    }
  }

  @Test func multicastIsWhatTheRfcSays() {
    for (text, isMulticast) in [
      ("223.255.255.255:1", false), ("224.0.0.0:1", true), ("239.255.255.255:1", true),
      ("240.0.0.0:1", false),
    ] {
      #expect(LineAddress(text)?.isMulticast == isMulticast)
    }
  }
}
