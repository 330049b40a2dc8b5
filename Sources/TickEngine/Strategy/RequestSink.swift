import TickRing

/// The other end of an order ring whose requests are only to be kept. Thread: the desk's own, so
/// that a strategy may ask for any number of orders in one call.
@usableFromInline
final class RequestSink {
  private var ring: OrderConsumer
  private(set) var requests: [OrderRequest] = []

  init(_ ring: consuming OrderConsumer) { self.ring = ring }

  @usableFromInline func drain() {
    var request = OrderRequest()
    while ring.poll(&request) {
      // Times of this machine's clock are of the run, not of the decision.
      request.received_ns = 0
      request.published_ns = 0
      requests.append(request)
    }
  }
}
