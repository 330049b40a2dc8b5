import Foundation
import Testing

/// The house rules, as far as text can prove them. Each failure names the file and line.
@Suite struct HouseTests {
  static let functionLinesMax = 70
  static let columnsMax = 100
  static let readmeLinesMax = 200

  @Test func theSourcesAreFound() {
    #expect(HouseFiles.sources.count > 10 && HouseFiles.shims.count > 3)
  }

  @Test func functionsHaveAtMost70Lines() {
    for file in HouseFiles.sources + HouseFiles.shims {
      let functions =
        file.isSwift
        ? FunctionLengths.inSwift(file.lines) : file.isC ? FunctionLengths.inC(file.lines) : []
      for function in functions where function.length > Self.functionLinesMax {
        Issue.record("\(file.path):\(function.line): a function of \(function.length) lines")
      }
    }
  }

  @Test func linesHaveAtMost100Columns() {
    let files = HouseFiles.sources + HouseFiles.shims + HouseFiles.tests + HouseFiles.scripts
    for file in files + [HouseFiles.read(file: "Package.swift")].compactMap({ $0 }) {
      for (index, line) in file.lines.enumerated() where line.count > Self.columnsMax {
        Issue.record("\(file.path):\(index + 1): \(line.count) columns")
      }
    }
  }

  @Test func importsGoDownTheFloorsOnly() {
    for file in HouseFiles.sources where file.isSwift {
      let module = FloorTable.module(of: file.path)
      guard let allowed = FloorTable.allowed[module] else {
        Issue.record("\(file.path): the floor table does not know \(module)")
        continue
      }
      for line in file.lines {
        guard let name = FloorTable.imported(by: line) else { continue }
        let isAllowed = allowed.contains(name) || FloorTable.system.contains(name)
        #expect(isAllowed, "\(file.path) imports \(name)")
      }
    }
  }

  @Test func nothingIsLeftForLater() {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    let files = HouseFiles.sources + HouseFiles.shims + HouseFiles.tests + HouseFiles.scripts
    for file in files {
      for (index, line) in file.lines.enumerated() {
        // mktemp's pattern is the one innocent use.
        let text = line.replacingOccurrences(of: String(repeating: "X", count: 6), with: "")
        let mark = marks.first { text.contains($0) }
        #expect(mark == nil, "\(file.path):\(index + 1)")
      }
    }
  }

  @Test func typesAreNamedForWhatTheyAre() {
    let pattern = #/\b(struct|class|enum|actor|protocol) \w*(Manager|Helpers?|Utils?|Impl)\b/#
    for file in HouseFiles.sources where file.isSwift {
      for (index, line) in file.code.enumerated() {
        #expect(!line.contains(pattern), "\(file.path):\(index + 1)")
      }
    }
  }

  @Test func everySourceOpensWithItsImportsOrItsPurpose() {
    for file in HouseFiles.sources where file.isSwift {
      let first = file.lines.first { !$0.isEmpty } ?? ""
      let opens = first.hasPrefix("//") || FloorTable.imported(by: first) != nil
      #expect(opens, "\(file.path) opens with: \(first)")
    }
    for file in HouseFiles.shims where file.isC {
      let first = file.lines.first ?? ""
      #expect(first.contains("/*") || first.hasPrefix("//"), "\(file.path)")
    }
  }

  /// Parsers see checked views; whoever holds a pointer is in this list, and says why.
  @Test func pointersStayWhereMemoryIsMade() {
    let holders: Set<String> = [
      "Bytes.swift", "MutableBytes.swift", "FixedArray.swift", "CaptureMemory.swift",
      "CaptureInflation.swift", "SoupBinFramer.swift",
    ]
    for file in HouseFiles.sources where file.path.hasPrefix("Sources/TickWire/") {
      guard !holders.contains(file.name) else { continue }
      for (index, line) in file.code.enumerated() {
        #expect(!line.contains(#/Unsafe\w*Pointer/#), "\(file.path):\(index + 1)")
      }
    }
  }

  /// Fences and atomic accesses have one home each, where their pairs are named.
  @Test func memoryOrderingLivesInOneFile() {
    for file in HouseFiles.shims where file.isC && file.name != "tickring_order.h" {
      for (index, line) in file.code.enumerated() {
        #expect(!line.contains("__atomic_"), "\(file.path):\(index + 1)")
      }
    }
  }

  @Test func scriptsStopAtTheFirstError() throws {
    for file in HouseFiles.scripts + [HouseFiles.read(file: ".ci/run")].compactMap({ $0 }) {
      guard !file.path.contains("/lib/") else { continue }
      guard file.lines.first == "#!/usr/bin/env bash" else { continue }
      #expect(file.lines.contains("set -euo pipefail"), "\(file.path)")
      let path = HouseFiles.root.appendingPathComponent(file.path).path
      #expect(FileManager.default.isExecutableFile(atPath: path), "\(file.path)")
    }
  }
}

/// The README, once there is one.
@Suite(.enabled(if: HouseFiles.read(file: "README.md") != nil, "there is no README.md"))
struct ReadmeTests {
  let readme = HouseFiles.read(file: "README.md")?.lines ?? []

  @Test func itIsShort() { #expect(readme.count <= HouseTests.readmeLinesMax) }

  @Test func itsTableHasEveryExitCode() {
    let codes = HouseFiles.read(file: "Sources/tickway/ExitCodes.swift")?.lines ?? []
    for line in codes {
      guard let match = line.firstMatch(of: #/case \w+ = (\d+)/#) else { continue }
      let code = String(match.1)
      let row = readme.contains { $0.contains(try! Regex("\\|[^|]*\\b\(code)\\b[^|]*\\|")) }
      #expect(row, "exit code \(code) is not in the README's table")
    }
  }

  @Test func itsRelativeLinksLeadSomewhere() {
    for line in readme {
      for match in line.matches(of: #/\]\(([^)#:]+)(#[^)]*)?\)/#) {
        let path = HouseFiles.root.appendingPathComponent(String(match.1)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(match.1)")
      }
    }
  }
}

/// ARCHITECTURE.md's invariants name the tests that prove them.
@Suite(.enabled(if: HouseFiles.read(file: "ARCHITECTURE.md") != nil, "no ARCHITECTURE.md"))
struct ArchitectureTests {
  private let rows = (HouseFiles.read(file: "ARCHITECTURE.md")?.lines ?? []).filter {
    $0.hasPrefix("| I")
  }

  @Test func invariantsAreNumberedInOrder() {
    #expect(rows.count > 10)
    for (index, row) in rows.enumerated() { #expect(row.hasPrefix("| I\(index + 1) |"), "\(row)") }
  }

  @Test func everyTestThatProvesAnInvariantExists() {
    let tests = HouseFiles.tests.flatMap(\.lines).joined(separator: "\n")
    for row in rows {
      let proof = row.split(separator: "|").last.map(String.init) ?? ""
      let names = proof.matches(of: #/`(\w+)`/#).map { String($0.1) }
      #expect(!names.isEmpty, "\(row)")
      for name in names { #expect(tests.contains("func \(name)("), "\(name)") }
    }
  }
}

/// The rules' own tools: a rule that finds nothing must be one that can.
@Suite struct HouseToolTests {
  @Test func functionLengthsAreMeasured() {
    let swift = [
      "  public static func one(", "    _ a: Int", "  ) throws -> Int {", "    1", "  }",
      "  func two() -> Int { 2 }", "  func three()", "  init?(_ a: Int) {", "  }",
      "  mutating func f()", "  {", "    1", "  }", "  func four() {", "    if a {", "    }", "  }",
    ]
    let lengths = FunctionLengths.inSwift(swift).map { "\($0.line) \($0.length)" }
    #expect(lengths == ["1 5", "8 2", "10 4", "14 4"])
    let c = [
      "static int f(int a)", "{", "  return a;", "}", "int g(void);", "int h(int a,",
      "      int b) {", "}",
    ]
    #expect(FunctionLengths.inC(c).map { "\($0.line) \($0.length)" } == ["1 4", "6 3"])
  }

  @Test func importsAreRecognised() {
    #expect(FloorTable.imported(by: "import Glibc") == "Glibc")
    #expect(FloorTable.imported(by: "@testable import TickWire") == "TickWire")
    #expect(FloorTable.imported(by: "@_spi(Tests) public import TickRing") == "TickRing")
    #expect(FloorTable.imported(by: "import struct Foundation.URL") == "Foundation")
    #expect(FloorTable.imported(by: "// import nothing") == nil)
    #expect(FloorTable.imported(by: "let imported = 1") == nil)
  }
}
