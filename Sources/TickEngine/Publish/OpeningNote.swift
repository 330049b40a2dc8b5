import TickWire

/// What a sender of lines tells its operator once receivers may join and ask.
struct OpeningNote: CustomStringConvertible {
  /// What it does: `publishing`.
  let doing: String
  let lines: [LineAddress]
  /// Of MoldUDP64.
  let session: MoldUdp64Session?
  /// Where re-requests are served, with the port that it got.
  let requests: UdpEndpoint?

  var description: String {
    let session = session.map { ", session \($0.text)" } ?? ""
    let requests = requests.map { ", requests at \($0.text)" } ?? ""
    return "\(doing) to \(lines.map { "\($0)" }.joined(separator: " and "))\(session)\(requests)"
  }
}
