import Testing

@testable import NablaStore

@Suite("Old runs that are deleted")
struct RetentionTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
        // Two that are under way, and five that ended a second after one another.
        try temporary.add(0)
        try temporary.add(1, .running)
        for number in 2..<7 {
            try temporary.add(number, .running)
            _ = try store.finish(
                id: exampleID(number), status: number % 2 == 0 ? .succeeded : .failed,
                at: noon + Int64(number) * 1000)
        }
    }

    private func kept() throws -> [String] { try store.runs().runs.map(\.id).sorted() }

    @Test("Those that ended before a time, and none that is under way")
    func age() throws {
        let gone = try store.deleteEnded(before: noon + 4000, beyond: nil, atMost: 100)
        #expect(gone == [2, 3].map(exampleID))
        #expect(try kept() == [0, 1, 4, 5, 6].map(exampleID))
    }

    @Test("Those beyond a number, the oldest first")
    func count() throws {
        let gone = try store.deleteEnded(before: nil, beyond: 2, atMost: 100)
        #expect(gone == [2, 3, 4].map(exampleID))
        #expect(try kept() == [0, 1, 5, 6].map(exampleID))
        #expect(try store.deleteEnded(before: nil, beyond: 2, atMost: 100) == [])
    }

    @Test("Either reason is enough, and a call deletes no more than it may")
    func both() throws {
        let first = try store.deleteEnded(before: noon + 6000, beyond: 3, atMost: 3)
        #expect(first == [2, 3, 4].map(exampleID))
        let rest = try store.deleteEnded(before: noon + 6000, beyond: 3, atMost: 3)
        #expect(rest == [5].map(exampleID))
    }

    @Test("None where neither is given")
    func none() throws {
        #expect(try store.deleteEnded(before: nil, beyond: nil, atMost: 100) == [])
        #expect(try kept().count == 7)
    }
}
