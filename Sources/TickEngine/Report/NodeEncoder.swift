/// Turns any `Encodable` into a `JSONNode`. A reference, because the containers of `Encoder` all
/// write into one value; used by one thread, for the length of one call.
final class NodeEncoder: Encoder {
  /// `null` until a container is asked for. Every change is told to whom it belongs.
  private(set) var node: JSONNode = .literal("null") { didSet { changed(node) } }
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any] = [:]
  private let changed: (JSONNode) -> Void

  init(codingPath: [any CodingKey], changed: @escaping (JSONNode) -> Void = { _ in }) {
    self.codingPath = codingPath
    self.changed = changed
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .object = node {} else { node = .object([:]) }
    return KeyedEncodingContainer(KeyedNodeContainer(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .array = node {} else { node = .array([]) }
    return UnkeyedNodeContainer(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleNodeContainer(encoder: self)
  }

  fileprivate func become(_ value: JSONNode) { node = value }

  fileprivate func set(_ value: JSONNode, key: String) {
    guard case .object(var members) = node else { return }
    members[key] = value
    node = .object(members)
  }

  fileprivate var count: Int {
    guard case .array(let items) = node else { return 0 }
    return items.count
  }

  fileprivate func set(_ value: JSONNode, index: Int) {
    guard case .array(var items) = node else { return }
    if index < items.count { items[index] = value } else { items.append(value) }
    node = .array(items)
  }

  fileprivate func child(key: any CodingKey) -> NodeEncoder {
    NodeEncoder(codingPath: codingPath + [key]) { self.set($0, key: key.stringValue) }
  }

  fileprivate func childAtEnd() -> NodeEncoder {
    let index = count
    set(.literal("null"), index: index)
    return NodeEncoder(codingPath: codingPath) { self.set($0, index: index) }
  }
}

private struct KeyedNodeContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  private struct SuperKey: CodingKey {
    var stringValue: String { "super" }
    var intValue: Int? { nil }
    init() {}
    init?(stringValue: String) { return nil }
    init?(intValue: Int) { return nil }
  }

  let encoder: NodeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil(forKey key: Key) { encoder.set(.literal("null"), key: key.stringValue) }
  func encode(_ value: some Encodable, forKey key: Key) throws {
    encoder.set(try JSONNode(value, path: codingPath + [key]), key: key.stringValue)
  }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    encoder.child(key: key).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder.child(key: key).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { encoder.child(key: SuperKey()) }
  func superEncoder(forKey key: Key) -> any Encoder { encoder.child(key: key) }
}

private struct UnkeyedNodeContainer: UnkeyedEncodingContainer {
  let encoder: NodeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }
  var count: Int { encoder.count }

  func encodeNil() { encoder.set(.literal("null"), index: count) }
  func encode(_ value: some Encodable) throws {
    encoder.set(try JSONNode(value, path: codingPath), index: count)
  }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    encoder.childAtEnd().container(keyedBy: type)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    encoder.childAtEnd().unkeyedContainer()
  }
  func superEncoder() -> any Encoder { encoder.childAtEnd() }
}

private struct SingleNodeContainer: SingleValueEncodingContainer {
  let encoder: NodeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil() { encoder.become(.literal("null")) }
  func encode(_ value: some Encodable) throws {
    encoder.become(try JSONNode(value, path: codingPath))
  }
}
