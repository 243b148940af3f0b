import Dispatch
import Foundation
import GRDB
import Synchronization
import Testing

@testable import NablaStore

@Suite("A store that is opened on a thread of its own")
struct OpeningTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func opening() -> Store {
        Store.beginOpening(path: folder.file, maximumBytes: 0) { _ in }
    }

    /// Runs `body` while another connection keeps the file of an earlier version from being changed, and so from
    /// being opened.
    private func whileNobodyCanOpen(_ body: (Store) throws -> Void) throws {
        let other = try DatabasePool(path: folder.file)
        try Schema.migrator.migrate(other, upTo: Schema.changes[0].name)
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            defer { try? db.execute(sql: "ROLLBACK") }
            try body(opening())
        }
    }

    private func token(_ number: UInt8 = 1) -> TokenRecord {
        TokenRecord(
            name: "ci", digest: [UInt8](repeating: number, count: 32), scopes: [.read],
            createdAt: noon, expiresAt: nil)
    }

    @Test("Calls wait until it is open; that there are no tokens is known before")
    func waiting() throws {
        let (called, counted) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let count = Mutex<[RunStatus: Int]?>(nil)
        try whileNobodyCanOpen { store throws in
            DispatchQueue(label: "test").async {
                called.signal()
                let found = try? store.counts()
                count.withLock { $0 = found }
                counted.signal()
            }
            #expect(try store.tokens(atStart: true).isEmpty)
            called.wait()
            #expect(counted.wait(timeout: .now() + 0.2) == .timedOut)
        }
        #expect(counted.wait(timeout: .now() + 60) == .success)
        #expect(count.withLock { $0 }?.values.allSatisfy { $0 == 0 } == true)
    }

    @Test("Of a file that isn't there it is known at once")
    func newFile() throws {
        let unopened = Opening(
            folder.file, busyTimeout: .zero, maximumBytes: 0, onCommit: { _ in })
        #expect(try !unopened.mayHoldTokens())
        unopened.run()
        #expect(try unopened.mayHoldTokens())
        #expect(try folder.names().contains("nabla.sqlite"))
    }

    @Test("The tokens that there are are found, those of before and those since it is open")
    func tokens() throws {
        try Store(path: folder.file).insert(token())
        let store = opening()
        #expect(try store.tokens(atStart: true) == [token()])
        try #require(try store.revokeToken(named: "ci", at: noon))
        try store.insert(token(2))
        #expect(try store.tokens(atStart: true).count == 2)
    }

    @Test("Every call says why it can't be opened")
    func failure() throws {
        try Data("A letter, not a database.".utf8).write(to: URL(fileURLWithPath: folder.file))
        let error = try #require(
            #expect(throws: StoreError.self) { try Store(path: folder.file) })
        let store = opening()
        #expect(throws: error) { try store.waitUntilOpen() }
        #expect(throws: error) { try store.tokens(atStart: true) }
        #expect(throws: error) { try store.tokens() }
        #expect(throws: error) { try store.insert(token()) }
        #expect(throws: error) { try store.close() }
    }

    @Test("Whoever waits for a value gets the first that is kept")
    func promise() {
        let promise = Promise<Int>()
        #expect(!promise.isKept)
        let got = Mutex<[Int]>([])
        let all = DispatchGroup()
        for number in 0..<3 {
            DispatchQueue(label: "waiter \(number)").async(group: all) {
                let value = promise.value
                got.withLock { $0.append(value) }
            }
        }
        #expect(all.wait(timeout: .now() + 0.1) == .timedOut)
        promise.keep(7)
        promise.keep(8)
        #expect(all.wait(timeout: .now() + 60) == .success)
        #expect(got.withLock { $0 } == [7, 7, 7])
        #expect(promise.isKept && promise.value == 7)
    }
}
