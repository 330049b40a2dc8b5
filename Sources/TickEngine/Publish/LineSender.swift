import CLinux
import Glibc
import TickMetrics
import TickWire

/// What became of the packets of one line at the kernel.
public struct LineSendCounts: Equatable, Sendable {
  /// Taken by the kernel.
  public var packets: UInt64 = 0
  public var bytes: UInt64 = 0
  /// Calls of sendmmsg that took any.
  public var batches: UInt64 = 0
  /// Times that the kernel had no room; all was sent after a wait.
  public var waits: UInt64 = 0
  /// Refused for good, such as by an interface that is down: lost, and counted here.
  public var failed: UInt64 = 0
  /// The errno of the last of these.
  public var lastError: Int32 = 0
}

/// One line's socket and a batch of packets for it.
///
/// Hot path. Thread: one. Cost: a copy a packet, and one sendmmsg a batch. No allocation after the
/// start. Failure: no room in the socket or the device is waited for and counted; an error is
/// counted, and the packet that it stopped is lost, as on a wire; nothing is lost silently.
@safe
public struct LineSender: ~Copyable, PacketSink {
  /// Packets in a batch.
  public static let batch = 64
  /// The longest packet; it is more than any Ethernet frame carries.
  public static let packetBytesMax = 9_216
  static let bufferBytes = 4 << 20

  public private(set) var counts = LineSendCounts()
  private let sender: OpaquePointer
  private let bytes: Slab<UInt32>
  private let due: Slab<UInt64>
  private let numbers: Slab<UInt64?>
  private(set) var fates = SendFates()
  /// Send time minus due time, of packets that have one.
  private let lateness: LatencyHistogram?
  private var queued = 0

  /// Opens a socket to `address`; `interface`: a name or an IPv4 address, by which multicast
  /// leaves.
  ///
  /// - Safety: `lateness`'s storage must outlive this.
  public init(
    to address: LineAddress, interface: String?, ttl: Int = 1, lateness: LatencyHistogram? = nil
  ) throws(PublishError) {
    var opened: OpaquePointer?
    let index = try LineSender.index(of: interface)
    let code = unsafe clinux_sender_open(
      &opened, address.group, address.port, address.source ?? 0, index, Int32(ttl),
      Int32(Self.bufferBytes), Int32(Self.batch), Int32(Self.packetBytesMax))
    guard code == 0, let opened = unsafe opened else {
      throw .line(address, code: -code)
    }
    unsafe sender = opened
    bytes = Slab(count: Self.batch, repeating: 0)
    due = Slab(count: Self.batch, repeating: 0)
    numbers = Slab(count: Self.batch, repeating: nil)
    self.lateness = lateness
  }

  deinit { unsafe clinux_sender_close(sender) }

  public var isFull: Bool { queued == Self.batch }
  public var isEmpty: Bool { queued == 0 }

  /// A packet of the plan comes: its copies may follow.
  mutating func begin(_ number: UInt64) { fates.begin(number) }

  /// Adds a copy of `packet` to the batch, after sending the batch if it is full. Traps if the
  /// packet is longer than `packetBytesMax`.
  ///
  /// - Parameter number: the packet's in the plan; nil if it is not of the plan.
  public mutating func queue(_ packet: Bytes, number: UInt64?, due_ns: UInt64) {
    precondition(packet.count <= Self.packetBytesMax, "a packet that no batch holds")
    if queued == Self.batch { flush() }
    let slot = Int32(queued)
    // Safe: the slot is ours and long enough, as checked.
    let room = unsafe MutableBytes(clinux_sender_slot(sender, slot), count: packet.count)
    room.put(packet, at: 0)
    unsafe clinux_sender_set_length(sender, slot, UInt32(packet.count))
    bytes[queued] = UInt32(packet.count)
    due[queued] = due_ns
    numbers[queued] = number
    queued += 1
  }

  /// Sends the batch.
  public mutating func flush() {
    var done = 0
    while done < queued {
      let taken = unsafe clinux_sender_send(sender, Int32(done), Int32(queued - done))
      if taken > 0 {
        note(done, Int(taken))
        done += Int(taken)
      } else if wait(-taken) {
        counts.failed += 1
        if let number = numbers[done] { fates.note(number, isTaken: false) }
        counts.lastError = -taken
        done += 1
      }
    }
    queued = 0
  }

  private mutating func note(_ first: Int, _ count: Int) {
    counts.batches += 1
    counts.packets += UInt64(count)
    let now = lateness == nil ? 0 : MonotonicClock.now
    for slot in first..<(first + count) {
      counts.bytes += UInt64(bytes[slot])
      if let number = numbers[slot] { fates.note(number, isTaken: true) }
      if let lateness, due[slot] > 0 { lateness.recordDifference(from: due[slot], to: now) }
    }
  }

  /// Whether the error is one that waiting does not cure.
  private mutating func wait(_ code: Int32) -> Bool {
    switch code {
    case EAGAIN:
      counts.waits += 1
      unsafe clinux_sender_wait(sender, 10)
      return false
    case ENOBUFS:
      // The device's queue is full, and poll cannot see that.
      counts.waits += 1
      clinux_sleep_until(MonotonicClock.now + 50_000)
      return false
    case EINTR: return false
    // An ICMP answer to an earlier packet: this one has not been tried yet.
    case ECONNREFUSED: return false
    default: return true
    }
  }

  /// The interface's index; 0 if none is named.
  private static func index(of interface: String?) throws(PublishError) -> Int32 {
    guard let interface else { return 0 }
    do throws(ReceiveError) { return try NetworkInterface(interface).index } catch {
      throw .interface(error)
    }
  }
}
