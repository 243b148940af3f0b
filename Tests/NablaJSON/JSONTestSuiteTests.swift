import Foundation
import NablaJSON
import Testing

/// The texts of a common test suite for RFC 8259; see Tests/JSONTestSuite.
@Suite struct JSONTestSuiteTests {
    /// A text and what is to come of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// As outcomes.txt has it; "accepted" where it says nothing.
        let outcome: String

        var testDescription: String { "\(name): \(outcome)" }
    }

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "JSONTestSuite")

    private static let outcomes = Result {
        let text = try String(
            contentsOf: folder.appending(path: "outcomes.txt"), encoding: .utf8)
        return text.split(separator: "\n").map { line in
            let words = line.components(separatedBy: "  # ")[0].split(separator: " ")
            return Case(name: String(words[0]), outcome: words.dropFirst().joined(separator: " "))
        }
    }

    static let cases: [Case] = {
        let listed = (try? outcomes.get()) ?? []
        let known = Dictionary(listed.map { ($0.name, $0.outcome) }) { first, _ in first }
        let cases = folder.appending(path: "test_parsing").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cases)) ?? []
        return names.sorted().map { Case(name: $0, outcome: known[$0] ?? "accepted") }
    }()

    @Test func areAllThereAndDecided() throws {
        func count(_ prefix: String) -> Int {
            Self.cases.count { $0.name.hasPrefix(prefix) }
        }
        #expect(count("y_") == 95)
        #expect(count("n_") == 188)
        #expect(count("i_") == 35)
        #expect(Self.cases.count == 318)
        let listed = try Self.outcomes.get().map(\.name)
        #expect(Set(listed).count == listed.count)
        #expect(Set(listed).isSubset(of: Self.cases.map(\.name)))
        let undecided = Self.cases.filter { !$0.name.hasPrefix("y_") && !listed.contains($0.name) }
        #expect(undecided.isEmpty, "\(undecided)")
        #expect(!Self.cases.contains { $0.name.hasPrefix("n_") && $0.outcome == "accepted" })
    }

    @Test(arguments: cases)
    func areReadOrRefusedWhereTheyShouldBe(_ item: Case) throws {
        var bytes = try [UInt8](
            Data(contentsOf: Self.folder.appending(path: "test_parsing/\(item.name)")))
        // That a key is there twice is found when the object is read: the text alone is JSON.
        if item.name.hasPrefix("y_") {
            #expect(throws: Never.self) { try JSONDocument(parsing: bytes) }
        }
        #expect(outcome(of: bytes) == item.outcome)
        // The same where it is read in place.
        bytes.reserveCapacity(bytes.count + 64)
        #expect(outcome(of: bytes) == item.outcome)
    }

    /// What comes of reading all of a text, in the words of outcomes.txt.
    private func outcome(of bytes: [UInt8]) -> String {
        do {
            try JSONDocument(parsing: bytes).root.readAll()
            return "accepted"
        } catch {
            return switch error.kind {
            case .syntax(let offset): "syntax \(offset)"
            case .tooDeep(let offset): "too-deep \(offset)"
            case .numberTooLarge(let offset): "number-too-large \(offset)"
            case .duplicateField: "duplicate-key \(error.pointer ?? "")"
            default: "\(error)"
            }
        }
    }
}
