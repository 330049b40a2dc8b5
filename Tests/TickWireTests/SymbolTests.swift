import Testing

@testable import TickWire

struct SymbolTests {
  @Test func aNameSurvivesTheRoundTrip() throws {
    for name in ["A", "ZIEXT", "BRK.B", "ABCDEFGH"] {
      #expect(try #require(Symbol(name)).text == name)
    }
  }

  @Test(arguments: ["", "TOOLONGXX", "A B", "\u{e9}"])
  func aBadNameIsRefused(_ name: String) {
    #expect(Symbol(name) == nil)
  }

  @Test func nulPaddingIsTheSameNameAsSpaces() {
    var raw: [UInt8] = Array("SPY".utf8) + [0, 0, 0, 0, 0]
    unsafe raw.withUnsafeMutableBytes { buffer in
      let bytes = unsafe Bytes(UnsafeRawBufferPointer(buffer))
      #expect(Symbol(bytes, at: 0) == Symbol("SPY"))
    }
  }

  @Test func onlyPrintableBytesArePrintable() {
    for byte in UInt64(0)...255 {
      let word = 0x4141_4141_4141_0041 | byte << 8
      #expect(Symbol(word: word).isPrintable == (byte >= 0x20 && byte < 0x7F), "\(byte)")
    }
  }

  @Test func aBlankNameIsNoName() {
    #expect(!Symbol(word: 0x2020_2020_2020_2020).isPrintable)
    #expect(!Symbol(word: 0x2020_2020_2020_4120).isPrintable)
  }
}
