/// A place in a file, from 1; columns in Unicode scalars.
struct FilePlace: Comparable {
  var line: Int
  var column: Int

  static func < (left: FilePlace, right: FilePlace) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// What a configuration file says before anything is made of it: texts, lists and sections, each
/// with its place.
struct SettingTree {
  indirect enum Content {
    /// Without quotes: a number, `true`, nothing at all; with quotes always a text.
    case scalar(String, isQuoted: Bool)
    case list([SettingTree])
    case section([Entry])
  }

  struct Entry {
    let key: String
    let place: FilePlace
    let value: SettingTree
  }

  let place: FilePlace
  let content: Content

  /// For a message.
  var kind: String {
    switch content {
    case .scalar("", isQuoted: false): "nothing"
    case .scalar: "a single value"
    case .list: "a list"
    case .section: "a section"
    }
  }
}

/// One thing that is wrong with a file, in a sentence that says what to do.
struct FileFault: Error {
  let place: FilePlace
  let text: String
}
