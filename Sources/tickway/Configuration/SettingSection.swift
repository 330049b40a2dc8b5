import TickEngine

/// What a file's settings lead to: values for the model, and everything that is wrong with them.
/// Every mistake is kept, and reading goes on.
final class SettingFaults {
  private(set) var located: [FileFault] = []
  /// Settings with a mistake, which the model need not be asked about.
  private(set) var settings: [String] = []
  /// Where each setting stands.
  private var places: [String: FilePlace] = [:]

  func note(_ setting: String, at place: FilePlace) { places[setting] = place }

  func add(_ setting: String, _ place: FilePlace, _ text: String) {
    located.append(
      FileFault(place: place, text: setting.isEmpty ? text : "\(setting): \(text)"))
    settings.append(setting)
  }

  func add(_ faults: [FileFault]) { located += faults }

  /// What the model found, at the setting or the section that it is in; nothing about what could
  /// not even be read, nor about the sections around that.
  func add(_ faults: [ConfigurationFault]) {
    let unread = settings
    for fault in faults {
      let isKnown = unread.contains { setting in
        SettingFaults.is(setting, within: fault.place)
          || SettingFaults.is(fault.place, within: setting)
      }
      guard !isKnown else { continue }
      located.append(FileFault(place: place(of: fault.place), text: "\(fault)"))
    }
  }

  private static func `is`(_ setting: String, within other: String) -> Bool {
    if other.isEmpty || setting == other { return true }
    guard setting.hasPrefix(other) else { return false }
    let next = setting.dropFirst(other.count).first
    return next == "." || next == "["
  }

  private func place(of setting: String) -> FilePlace {
    var rest = setting[...]
    while !rest.isEmpty {
      if let place = places[String(rest)] { return place }
      rest = rest[..<(rest.lastIndex { $0 == "." || $0 == "[" } ?? rest.startIndex)]
    }
    return places[""] ?? FilePlace(line: 1, column: 1)
  }
}

/// A section of the file, whose settings are taken one by one; what is left over at `end` is
/// unknown.
///
/// A setting that is absent, or wrong, is nil: wrong ones are among the faults.
final class SettingSection {
  /// Of the section: `sets[0].ingester`.
  let name: String
  let place: FilePlace
  private let faults: SettingFaults
  private let entries: [SettingTree.Entry]
  /// Otherwise nothing of it is missed.
  private let isReadable: Bool
  private var asked: [String] = []

  init(_ name: String, _ tree: SettingTree, _ faults: SettingFaults) {
    self.name = name
    self.faults = faults
    place = tree.place
    faults.note(name, at: tree.place)
    switch tree.content {
    case .section(let entries): (self.entries, isReadable) = (entries, true)
    case .scalar("", isQuoted: false): (entries, isReadable) = ([], true)
    default:
      (entries, isReadable) = ([], false)
      faults.add(name, tree.place, "settings as `key: value` are needed here, not \(tree.kind)")
    }
  }

  func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

  func fault(_ key: String, _ place: FilePlace, _ text: String) {
    faults.add(path(key), place, text)
  }

  func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  /// It is a mistake not to give this.
  func needs(_ key: String, _ what: String) {
    if isReadable, !has(key) { fault(key, place, "missing: \(what)") }
  }

  var keys: [String] { entries.map(\.key) }

  private func content(_ key: String) -> SettingTree.Content? {
    entries.first { $0.key == key }?.value.content
  }

  func isSection(_ key: String) -> Bool {
    if case .section = content(key) { true } else { false }
  }

  func isList(_ key: String) -> Bool {
    if case .list = content(key) { true } else { false }
  }

  /// That of a key's value; of a key that is not there, the section's.
  func place(of key: String) -> FilePlace {
    entries.first { $0.key == key }?.value.place ?? place
  }

  /// What is given for a key. That nothing is, is a mistake.
  func value(_ key: String) -> SettingTree? {
    asked.append(key)
    guard let entry = entries.first(where: { $0.key == key }) else { return nil }
    faults.note(path(key), at: entry.value.place)
    if case .scalar(let text, isQuoted: false) = entry.value.content,
      ["", "~", "null"].contains(text)
    {
      fault(key, entry.place, "nothing is given: give a value, or remove the line")
      return nil
    }
    return entry.value
  }

  func text(_ key: String) -> String? { parsed(key, "") { $0 } }

  /// Reads a value by `parse`; where that cannot, `needed` is what would be right.
  /// - Parameter isText: whether it may be in quotes.
  func parsed<Value>(
    _ key: String, _ needed: String, isText: Bool = true, _ parse: (String) -> Value?
  ) -> Value? {
    guard let value = value(key) else { return nil }
    guard case .scalar(let text, let isQuoted) = value.content else {
      fault(key, value.place, "a single value is needed, not \(value.kind)")
      return nil
    }
    if isText || !isQuoted, let parsed = parse(text) { return parsed }
    let shown = isQuoted ? "\"\(SettingSection.shown(text))\"" : SettingSection.shown(text)
    fault(key, value.place, "\(shown): \(needed)")
    return nil
  }

  /// Text of the file in a message: one short line.
  static func shown(_ text: String) -> String {
    let line = String(
      text.unicodeScalars.prefix(60).map {
        $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0)
      })
    return line
  }

  func number<Value: FixedWidthInteger>(_ key: String, into target: inout Value) {
    let needed = "a whole number is needed, in digits and without quotes"
    if let value = parsed(key, needed, isText: false, { Value($0) }) { target = value }
  }

  func number(_ key: String, into target: inout Double) {
    let value = parsed(key, "a number is needed, without quotes", isText: false) { text in
      Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
    if let value { target = value }
  }

  func flag(_ key: String, into target: inout Bool) {
    let value = parsed(key, "true or false is needed, without quotes", isText: false) { text in
      ["true": true, "false": false][text]
    }
    if let value { target = value }
  }

  func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String, into target: inout Value
  ) where Value.RawValue == String {
    let names = Value.allCases.map(\.rawValue)
    let known = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    if let value = parsed(key, "choose \(known)", Value.init(rawValue:)) { target = value }
  }

  /// A section within this one, read by `read`, and then looked through for what is unknown.
  func section(_ key: String, _ read: (SettingSection) -> Void) {
    guard let value = value(key) else { return }
    let section = SettingSection(path(key), value, faults)
    read(section)
    section.end()
  }

  /// A list's elements, by their own names.
  func list(_ key: String) -> [(name: String, tree: SettingTree)]? {
    guard let value = value(key) else { return nil }
    guard case .list(let elements) = value.content else {
      fault(key, value.place, "a list, of lines that begin with -, is needed, not \(value.kind)")
      return nil
    }
    return elements.enumerated().map { index, tree in
      faults.note("\(path(key))[\(index)]", at: tree.place)
      return ("\(path(key))[\(index)]", tree)
    }
  }

  /// All sections of a list.
  func sections(_ key: String, _ read: (SettingSection) -> Void) {
    for (name, tree) in list(key) ?? [] {
      let section = SettingSection(name, tree, faults)
      read(section)
      section.end()
    }
  }

  /// Says so of all that nobody asked for.
  func end() {
    for entry in entries where !asked.contains(entry.key) {
      let key = SettingSection.shown(entry.key)
      if SettingSection.isSecret(entry.key) {
        fault(
          key, entry.place,
          "no secret stands in this file: name a variable with password_env, or a file that only"
            + " you may read with password_file")
        continue
      }
      let near = NearestWord(asked).to(entry.key).map { "did you mean \($0)?" }
      let known = asked.isEmpty ? "" : "known here: \(asked.joined(separator: ", "))"
      fault(key, entry.place, "unknown; \(near ?? known)")
    }
  }

  private static func isSecret(_ key: String) -> Bool {
    let key = key.lowercased()
    return ["password", "passwd", "secret", "token"].contains { key.contains($0) }
  }
}
