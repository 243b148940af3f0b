import Foundation

/// A document of this repository, and the parts of it that tests compare with what they describe.
struct Document {
    let text: String

    /// The repository's folder.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Reads a document; `path` begins at the repository's folder.
    init(_ path: String) throws {
        let file = Document.root.appendingPathComponent(path)
        text = try String(contentsOf: file, encoding: .utf8)
    }

    /// The lines under a heading, up to the next one of the same level or above.
    func section(_ heading: String) -> Document {
        let level = heading.prefix { $0 == "#" }.count
        var lines: [Substring] = []
        var isInside = false
        var isCode = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isCode.toggle() }
            if !isCode, line.hasPrefix("#"), line.prefix(while: { $0 == "#" }).count <= level {
                isInside = line == heading
            } else if isInside {
                lines.append(line)
            }
        }
        return Document(text: lines.joined(separator: "\n"))
    }

    /// The blocks of code in that language, each with the end of its last line.
    func blocks(_ language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().map { rest in
            rest.components(separatedBy: "```")[0]
        }
    }

    /// The cells of the rows of all tables, without headers, and without the marks of code.
    var rows: [[String]] {
        let lines = text.split(separator: "\n")
        let rules = lines.indices.filter { lines[$0].hasPrefix("| ---") }
        return lines.indices.filter { index in
            lines[index].hasPrefix("|") && !rules.contains(index) && !rules.contains(index + 1)
        }.map { index in
            lines[index].split(separator: "|").map { cell in
                cell.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "`", with: "")
            }
        }
    }

    /// The targets of links that lead to files of this repository.
    var localLinks: [String] {
        text.components(separatedBy: "](").dropFirst().compactMap { rest in
            let target = rest.prefix { $0 != ")" && $0 != "#" }
            return target.isEmpty || target.contains("://") ? nil : String(target)
        }
    }

    private init(text: String) {
        self.text = text
    }
}
