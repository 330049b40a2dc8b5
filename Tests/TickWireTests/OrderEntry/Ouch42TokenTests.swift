import TestSupport
import Testing

@testable import TickWire

struct Ouch42TokenTests {
  typealias Token = Ouch42.Token

  private func text(_ token: Token) -> String {
    let buffer = WireBuffer.encoded {
      token.put(into: $0, at: 0)
      return Token.length
    }
    return String(decoding: buffer.array, as: UTF8.self)
  }

  private func token(_ text: String) -> Token? {
    Token(WireBuffer(Array(text.utf8)).bytes, at: 0)
  }

  @Test func aTokenIsTheNumberAndTheTagToTheBaseOf62() {
    #expect(text(Token(1)) == "00002880000000")
    #expect(text(Token(42, tag: 61)) == "0001RVQ000000z")
    #expect(text(Token(7, tag: 3 << 48 | 5 << 32 | 9)) == "0000F160NRKDyT")
    #expect(text(Token(Token.userRefNumMax, tag: Token.tagMax)) == "ciKbTd1ciKbTd1")
  }

  @Test func tokensRiseAsNumbersDo() {
    var random = SplitMix(seed: 1)
    var numbers: Set<UInt32> = [1, 2, 9, 10, 61, 62, 63, 3_843, 3_844, Token.userRefNumMax]
    for _ in 0..<1_000 { numbers.insert(.random(in: 1...Token.userRefNumMax, using: &random)) }
    let rising = numbers.sorted()
    let texts = rising.map { text(Token($0, tag: .random(in: 0...Token.tagMax, using: &random))) }
    #expect(texts == texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(texts.map { token($0)?.userRefNum } == rising)
  }

  @Test(arguments: [1, 61, 62, 1 << 27, (1 << 28) - 1] as [UInt32])
  func everyTokenSurvivesTheRoundTrip(number: UInt32) {
    for tag in [0, 1, 61, 62, 1 << 41 - 1, 1 << 41, 1 << 53, Token.tagMax] as [UInt64] {
      #expect(token(text(Token(number, tag: tag))) == Token(number, tag: tag))
    }
  }

  @Test(arguments: [
    "              ", "0000000042    ", "00002880000 00", "00002880000-00", "0000288000000\0",
    "00000000000000", "00001zz0000000", "zzzzzzz0000000", "0000288zzzzzzz",
  ])
  func aTokenOfAnotherMakingIsNone(text: String) { #expect(token(text) == nil) }
}
