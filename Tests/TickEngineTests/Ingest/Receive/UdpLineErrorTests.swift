import Glibc
import Testing

@testable import TickEngine

/// What cannot be received is said in words that tell what to do.
@Suite(.timeLimit(.minutes(1))) struct UdpLineErrorTests {
  private func failure(_ address: LineAddress, _ interface: String?) -> ReceiveError? {
    do {
      let line = try UdpLine(address, ReceiveOptions(interface: interface))
      Issue.record("\(line.address) could be opened")
      return nil
    } catch {
      return error
    }
  }

  @Test func anInterfaceThatDoesNotExistIsNamedBesideThoseThatDo() throws {
    let error = try #require(failure(.random(), "nowhere0"))
    guard case .noSuchInterface("nowhere0", let available) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(available.contains("lo"))
    #expect(error.description.contains("'nowhere0'") && error.description.contains("--interface"))
    let address = try #require(failure(.random(), "192.0.2.1"))
    #expect(address.description.contains("'192.0.2.1'"))
  }

  @Test func anAddressThatIsNeitherGroupNorOwnIsRefused() throws {
    // 192.0.2.0/24 is for documentation: no machine has it.
    let address = try #require(LineAddress("192.0.2.7:5000"))
    let error = try #require(failure(address, "lo"))
    #expect(error == .neitherGroupNorOwn(address))
    #expect(error.description.contains("neither a multicast group"))
  }

  @Test func aPortThatIsAnothersIsSaidToBeBusy() throws {
    let first = try UdpLine(LineAddress(group: 0x7F00_0001, port: 0), ReceiveOptions())
    let taken = LineAddress(group: 0x7F00_0001, port: first.port)
    let error = try #require(failure(taken, nil))
    #expect(error == .portBusy(taken))
    #expect(error.description.contains("\(first.port)"))
    let all = LineAddress(group: 0, port: first.port)
    #expect(failure(all, nil) == .portBusy(all))
  }

  @Test func aGroupOnThePortOfAnotherProgramsAnyIsSaidToBeBusy() throws {
    let other = try UdpLine(LineAddress(group: 0, port: 0), ReceiveOptions())
    var group = LineAddress.random()
    group.port = other.port
    #expect(failure(group, "lo") == .portBusy(group))
  }

  @Test func aSmallerBufferThanAskedForIsSaid() throws {
    var options = ReceiveOptions(interface: "lo")
    options.bufferBytes = 65_536
    let enough = try UdpLine(.random(), options)
    let (granted, none) = (enough.grantedBufferBytes, enough.bufferNote)
    #expect(granted == 65_536 && none == nil)
    options.bufferBytes = Int(Int32.max) / 2
    let line = try UdpLine(.random(), options)
    // Root is given what it asks for.
    let (less, said) = (line.grantedBufferBytes, line.bufferNote)
    if less < options.bufferBytes {
      let note = try #require(said)
      #expect(note.contains("net.core.rmem_max=\(options.bufferBytes)"))
      #expect(note.contains("\(less)"))
    }
  }

  @Test func everyErrorSaysWhatToDo() {
    let line = LineAddress("239.1.2.3:500")!
    let errors: [ReceiveError] = [
      .noRoute(line, code: ENETUNREACH), .groupNotJoined(line, interface: "eth0", code: ENOBUFS),
      .groupNotJoined(line, interface: "eth0", code: ENODEV), .portForbidden(line),
      .groupNotJoined(line, interface: "eth0", code: EINVAL), .noMemory(bytes: 1),
      .system(call: "socket", code: EACCES),
    ]
    for error in errors {
      #expect(error.description.contains(":"), "\(error)")
    }
    #expect(errors[0].description.contains("--interface"))
    #expect(errors[1].description.contains("igmp_max_memberships"))
    #expect(errors[2].description.contains("eth0"))
  }
}
