import Yams

/// Turns YAML (1.1, as libyaml reads it) into a `SettingTree`: the one file that knows the library.
///
/// Work is bounded whatever the text is. Anchors and aliases are refused; since the library
/// resolves them before anybody can look, and what they mean may grow exponentially, texts with
/// many things that look like them are not even given to it.
struct YamlText {
  /// Marks that may be aliases: 3^(16/3), the most that so many can multiply a text by, is 320.
  private static let aliasesMax = 16
  /// Sections and lists within each other.
  private static let depthMax = 16
  /// Keys that stand twice in one section, until no more are looked for.
  private static let duplicatesMax = 16
  /// The first of the private characters that take the place of a repeated key's first.
  private static let marker: UInt32 = 0xE000

  private var text: String
  /// The characters that markers stand for.
  private var marked: [Unicode.Scalar] = []
  private(set) var faults: [FileFault] = []

  init(_ text: String) { self.text = text }

  /// nil if it cannot be read as YAML, or says nothing; then there is a fault.
  mutating func tree() -> SettingTree? {
    guard countAliases() <= YamlText.aliasesMax else {
      return fault(
        FilePlace(line: 1, column: 1),
        "more than \(YamlText.aliasesMax) words begin with *: aliases are not allowed here, write"
          + " out what is meant")
    }
    for _ in 0...YamlText.duplicatesMax {
      do {
        // The parser owns the anchors that nodes refer to.
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        let root = try parser.singleRoot()
        return withExtendedLifetime(parser) { root.flatMap { self.root($0) } ?? empty() }
      } catch let YamlError.duplicatedKeysInMapping(keys, context) {
        guard mark(keys.first ?? "", at: context.mark) else {
          return fault(context.mark, "\(keys.joined(separator: ", ")): given twice")
        }
      } catch {
        return fault(error)
      }
    }
    return fault(FilePlace(line: 1, column: 1), "too many keys are given twice")
  }

  private mutating func empty() -> SettingTree? {
    guard faults.isEmpty else { return nil }
    return fault(
      FilePlace(line: 1, column: 1),
      "it says nothing: `tickway config example` prints a file to begin with")
  }

  // MARK: Faults

  @discardableResult
  private mutating func fault(_ place: FilePlace, _ text: String) -> SettingTree? {
    faults.append(FileFault(place: place, text: text))
    return nil
  }

  @discardableResult
  private mutating func fault(_ mark: Mark?, _ text: String) -> SettingTree? {
    fault(YamlText.place(mark), text)
  }

  private static func place(_ mark: Mark?) -> FilePlace {
    FilePlace(line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1))
  }

  private mutating func fault(_ error: any Error) -> SettingTree? {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let before = context.map { " (\($0.text) of line \($0.mark.line))" } ?? ""
      return fault(mark, "not YAML: \(problem)\(before): \(advice(problem, mark))")
    case .reader(let problem, let offset, _, _):
      return fault(place(offset: offset ?? 0), "not YAML: \(problem): remove that character")
    case .memory:
      return fault(
        FilePlace(line: 1, column: 1), "not YAML that can be read: lists within lists without end")
    default:
      return fault(FilePlace(line: 1, column: 1), "not YAML: \(error)")
    }
  }

  private func advice(_ problem: String, _ mark: Mark) -> String {
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    let index = mark.line - 1
    let indentation =
      lines.indices.contains(index) ? lines[index].prefix { $0 == " " || $0 == "\t" } : []
    if indentation.contains("\t") { return "indent with spaces, not with a tab" }
    if problem.contains("mapping values") { return "put a text with \": \" in it in quotes" }
    if problem.contains("another document") { return "one file is one configuration: remove ---" }
    return "check quotes, brackets and the indentation of this line and the one before"
  }

  /// - Parameter offset: in characters.
  private func place(offset: Int) -> FilePlace {
    var place = FilePlace(line: 1, column: 1)
    for character in text.prefix(offset) {
      if character.isNewline {
        place = FilePlace(line: place.line + 1, column: 1)
      } else {
        place.column += character.unicodeScalars.count
      }
    }
    return place
  }

  // MARK: What the library must not meet, or does not tell

  /// Everything that may begin an alias, and some that does not, such as a word in a comment.
  private func countAliases() -> Int {
    let before: Set<Unicode.Scalar> = [
      " ", "\t", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}", "[", "{", ",", ":",
    ]
    var (count, last): (Int, Unicode.Scalar) = (0, "\n")
    for scalar in text.unicodeScalars {
      if scalar == "*", before.contains(last) { count += 1 }
      last = scalar
    }
    return count
  }

  /// Makes the first of two equal keys another one, so that the rest can be looked at, too.
  private mutating func mark(_ key: String, at mark: Mark) -> Bool {
    let place = YamlText.place(mark)
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    var line = 1
    while line < place.line, index < scalars.endIndex {
      if scalars[index] == "\n" { line += 1 }
      index = scalars.index(after: index)
    }
    let column = scalars.index(index, offsetBy: place.column - 1, limitedBy: scalars.endIndex)
    guard var at = column, at < scalars.endIndex else { return false }
    if scalars[at] == "\"" || scalars[at] == "'" { at = scalars.index(after: at) }
    guard let first = key.unicodeScalars.first, at < scalars.endIndex, scalars[at] == first,
      let marker = Unicode.Scalar(YamlText.marker + UInt32(marked.count))
    else { return false }
    marked.append(first)
    text.unicodeScalars.replaceSubrange(at...at, with: [marker])
    return true
  }

  /// A key as it stands in the file.
  private func unmarked(_ key: String) -> String {
    guard let first = key.unicodeScalars.first, first.value >= YamlText.marker,
      marked.indices.contains(Int(first.value - YamlText.marker))
    else { return key }
    let original = marked[Int(first.value - YamlText.marker)]
    return String(original) + String(key.unicodeScalars.dropFirst())
  }

  // MARK: Nodes

  private mutating func root(_ node: Node) -> SettingTree? {
    guard case .scalar(let scalar) = node, scalar.string.isEmpty else {
      return tree(node, depth: 0)
    }
    return nil
  }

  /// nil if it cannot be; then there is a fault. The first anchor ends it: what comes after may
  /// be its aliases.
  private mutating func tree(_ node: Node, depth: Int) -> SettingTree? {
    guard node.anchor == nil else {
      return fault(node.mark, "anchors (&) are not allowed here: write out what is meant")
    }
    guard depth < YamlText.depthMax else { return fault(node.mark, "nested too deep") }
    switch node {
    case .scalar(let scalar): return tree(scalar)
    case .sequence(let sequence):
      guard isPlain(sequence.tag, node.mark) else { return nil }
      var list: [SettingTree] = []
      for element in sequence {
        guard let element = tree(element, depth: depth + 1) else { return nil }
        list.append(element)
      }
      return SettingTree(place: YamlText.place(sequence.mark), content: .list(list))
    case .mapping(let mapping):
      guard isPlain(mapping.tag, node.mark) else { return nil }
      return section(mapping, depth)
    case .alias(let alias):
      return fault(alias.mark, "aliases (*) are not allowed here: write out what is meant")
    }
  }

  private mutating func tree(_ scalar: Node.Scalar) -> SettingTree? {
    guard isPlain(scalar.tag, scalar.mark) else { return nil }
    let isQuoted = scalar.style != .plain && scalar.style != .any
    return SettingTree(
      place: YamlText.place(scalar.mark), content: .scalar(scalar.string, isQuoted: isQuoted))
  }

  private mutating func isPlain(_ tag: Tag, _ mark: Mark?) -> Bool {
    let usual: Set<String> = [
      "", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map",
    ]
    if usual.contains(tag.description) { return true }
    fault(mark, "tags (!) are not used here: remove it")
    return false
  }

  private mutating func section(_ mapping: Node.Mapping, _ depth: Int) -> SettingTree? {
    var entries: [SettingTree.Entry] = []
    var lines: [String: Int] = [:]
    for (key, value) in mapping {
      guard let name = tree(key, depth: depth + 1) else { return nil }
      guard case .scalar(let text, _) = name.content else {
        return fault(key.mark, "a key is a word, not \(name.kind)")
      }
      guard let value = tree(value, depth: depth + 1) else { return nil }
      let key = unmarked(text)
      if let line = lines[key] {
        fault(
          name.place, "\(key): given twice, in line \(line) already: remove one of the two")
        continue
      }
      lines[key] = name.place.line
      entries.append(SettingTree.Entry(key: key, place: name.place, value: value))
    }
    return SettingTree(place: YamlText.place(mapping.mark), content: .section(entries))
  }
}
