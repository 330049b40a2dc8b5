import Testing

@testable import TickWire

struct SoupBinTests {
  @Test(
    arguments: [
      ("                   1", 1), ("1                   ", 1), ("  42  ", 42), ("0", 0),
      ("18446744073709551615", UInt64.max),
    ] as [(String, UInt64)])
  func aNumberIsReadHoweverItIsJustified(_ text: String, _ value: UInt64) {
    let buffer = WireBuffer(Array(text.utf8))
    #expect(SoupBin.number(buffer.bytes, at: 0, count: buffer.length) == value)
  }

  @Test(arguments: [
    "", "    ", "-1", "+1", "1 2", "0x1", "12a", "18446744073709551616",
    "99999999999999999999", "1\0",
  ])
  func whatIsNotANumberIsRefused(_ text: String) {
    let buffer = WireBuffer(Array(text.utf8))
    #expect(SoupBin.number(buffer.bytes, at: 0, count: buffer.length) == nil)
  }

  @Test(arguments: [0, 1, 9, 10, 1_234_567, UInt64.max])
  func aNumberIsWrittenRightJustified(_ value: UInt64) {
    let buffer = WireBuffer(count: 20)
    SoupBin.put(number: value, into: buffer.target, at: 0)
    buffer.length = 20
    let digits = String(value)
    let wanted = String(repeating: " ", count: 20 - digits.count) + digits
    #expect(String(decoding: buffer.array, as: UTF8.self) == wanted)
    #expect(SoupBin.number(buffer.bytes, at: 0, count: 20) == value)
  }

  @Test func aLoginSurvivesTheRoundTrip() throws {
    let login = SoupBinLoginRequest(
      username: try #require(FixedText("abcdef")), password: try #require(FixedText("secret")),
      session: .blank, sequence: 77)
    let buffer = WireBuffer.encoded { login.encode(into: $0) }
    #expect(buffer.length == 49 && buffer.array[0...2] == [0, 47, 0x4C])
    let payload = buffer.bytes.slice(at: 3, count: 46)
    #expect(SoupBinLoginRequest(payload: payload) == login)
    for count in 0..<46 {
      #expect(SoupBinLoginRequest(payload: payload.slice(at: 0, count: count)) == nil, "\(count)")
    }
  }

  @Test func aLongerLoginIsReadAsFarAsItIsKnown() throws {
    let login = SoupBinLoginRequest(
      username: try #require(FixedText("u")), password: .blank, session: .blank, sequence: 0)
    let buffer = WireBuffer.encoded { login.encode(into: $0) }
    let longer = WireBuffer(Array(buffer.array[3...]) + Array("15000".utf8))
    #expect(SoupBinLoginRequest(payload: longer.bytes) == login)
  }

  @Test func theAnswersToALoginSurviveTheRoundTrip() throws {
    let accepted = SoupBinLoginAccepted(
      session: try #require(FixedText("SESSION001")), sequence: 1)
    let buffer = WireBuffer.encoded { accepted.encode(into: $0) }
    #expect(buffer.length == 33 && buffer.array[0...2] == [0, 31, 0x41])
    let payload = buffer.bytes.slice(at: 3, count: 30)
    #expect(SoupBinLoginAccepted(payload: payload) == accepted)
    for count in 0..<30 {
      #expect(SoupBinLoginAccepted(payload: payload.slice(at: 0, count: count)) == nil)
    }
    let rejected = WireBuffer.encoded { SoupBin.LoginRejection.notAuthorised.encode(into: $0) }
    #expect(rejected.array == [0, 2, 0x4A, 0x41])
    let reason = rejected.bytes.slice(at: 3, count: 1)
    #expect(SoupBin.LoginRejection(payload: reason) == .notAuthorised)
    #expect(SoupBin.LoginRejection(payload: rejected.bytes.slice(at: 3, count: 0)) == nil)
  }

  @Test func aMessageIsFramedInPlaceAndByCopyAlike() {
    let message = WireBuffer([1, 2, 3, 4])
    let copied = WireBuffer.encoded { SoupBin.encode(.unsequenced, message.bytes, into: $0) }
    let inPlace = WireBuffer.encoded {
      $0.put(message.bytes, at: SoupBin.headerLength)
      return SoupBin.frame(.unsequenced, payload: 4, into: $0)
    }
    #expect(copied.array == [0, 5, 0x55, 1, 2, 3, 4] && inPlace.array == copied.array)
    #expect(
      WireBuffer.encoded { SoupBin.encode(.clientHeartbeat, into: $0) }.array == [0, 1, 0x52])
    #expect(WireBuffer.encoded { SoupBin.encode(.endOfSession, into: $0) }.array == [0, 1, 0x5A])
    #expect(WireBuffer.encoded { SoupBin.encode(.logout, into: $0) }.array == [0, 1, 0x4F])
  }

  @Test func textIsTrimmedAtBothEndsAndTooMuchIsRefused() throws {
    let field = WireBuffer(Array("  ab\0".utf8))
    let text = FixedText(field.bytes, at: 0, count: 5)
    #expect(text.trimmed == FixedText("ab") && text.text == "ab")
    #expect(FixedText("1234567890123456")?.text == "1234567890123456")
    #expect(FixedText("12345678901234567") == nil)
    #expect(FixedText("1234567", lengthMax: 6) == nil && FixedText("caf\u{e9}") == nil)
    #expect(FixedText("") == .blank && FixedText.blank.text == "")
  }
}
