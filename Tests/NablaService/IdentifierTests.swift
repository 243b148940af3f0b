import Foundation
import NablaAPI
import Testing

@testable import NablaService

@Suite struct IdentifierTests {
    /// The fields of a UUID, as RFC 9562, section 5.7, lays version 7 out.
    private struct Parts {
        let milliseconds: Int64
        let version: Character?
        let variant: Character?

        init(_ id: String) throws {
            let groups = id.split(separator: "-", omittingEmptySubsequences: false)
            guard groups.map(\.count) == [8, 4, 4, 4, 12], id == id.lowercased(),
                UUID(uuidString: id) != nil,
                let milliseconds = Int64(groups[0] + groups[1], radix: 16)
            else { throw TestFailure("\(id) is no UUID in lower case") }
            self.milliseconds = milliseconds
            version = groups[2].first
            variant = groups[3].first
        }
    }

    @Test func saysItsVersionAndVariant() throws {
        let source = IdentifierSource()
        for _ in 0..<1000 {
            let parts = try Parts(source.next().text)
            #expect(parts.version == "7")
            #expect(parts.variant.map { "89ab".contains($0) } == true)
        }
    }

    @Test func holdsTheTimeItWasMadeAt() throws {
        let source = IdentifierSource()
        let before = Timestamp.now.milliseconds
        let made = try Parts(source.next().text).milliseconds
        #expect((before...Timestamp.now.milliseconds).contains(made))
    }

    @Test("more identifiers than a millisecond can count still go up, and none comes twice")
    func sortsByItsMaking() {
        let source = IdentifierSource()
        let made = (0..<20_000).map { _ in source.next().text }
        #expect(zip(made, made.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func noneComesTwiceFromManyThreads() {
        let source = IdentifierSource()
        let made = Log<String>()
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<1000 { made.add(source.next().text) }
        }
        #expect(Set(made.all).count == 8000)
    }

    @Test func twoSourcesDifferInTheirRandomPart() {
        let ends = (0..<64).map { _ in IdentifierSource().next().text.suffix(12) }
        #expect(Set(ends).count == 64)
    }
}
