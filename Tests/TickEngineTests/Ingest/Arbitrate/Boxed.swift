/// A value that cannot be copied, where `#expect` can reach it.
final class Boxed<Value: ~Copyable> {
  var value: Value
  init(_ value: consuming Value) { self.value = value }
}
