import Foundation
import GRDB
import Testing

@testable import NablaStore

@Suite("What was acknowledged is kept")
struct DurabilityTests {
    let temporary: TemporaryStore
    let copy: TemporaryFolder

    init() throws {
        temporary = try TemporaryStore()
        copy = try TemporaryFolder()
    }

    @Test("A copy of the files of an open store has all that was acknowledged")
    func killed() throws {
        for number in 0..<20 { try temporary.add(number, .running) }
        _ = try temporary.store.record(.example(1, of: 7, network: [9, 8]))

        // What a process that is killed now leaves behind: no close, no checkpoint.
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: temporary.folder.file + suffix, toPath: copy.file + suffix)
        }
        let store = try Store(path: copy.file)
        #expect(try store.counts()[.running] == 20)
        #expect(try store.run(id: exampleID(7)) == temporary.store.run(id: exampleID(7)))
        #expect(try store.run(id: exampleID(7))?.latest["loss"] == 1)
        #expect(try store.network(runID: exampleID(7))?.parameters == [9, 8])
        #expect(try check(store) == ["ok"])
    }

    @Test("A log that breaks off in the middle of a write costs no acknowledged run")
    func tornLog() throws {
        try temporary.add(1)
        let log = temporary.folder.file + "-wal"
        let acknowledged = try Data(contentsOf: URL(fileURLWithPath: log)).count
        try temporary.add(2)
        let whole = try Data(contentsOf: URL(fileURLWithPath: log))
        for length in [acknowledged, acknowledged + 1, whole.count - 1] {
            try? FileManager.default.removeItem(atPath: copy.file)
            try FileManager.default.copyItem(atPath: temporary.folder.file, toPath: copy.file)
            try whole.prefix(length).write(to: URL(fileURLWithPath: copy.file + "-wal"))
            let store = try Store(path: copy.file)
            #expect(try store.run(id: exampleID(1)) == .example(1))
            #expect(try store.run(id: exampleID(2)) == nil)
            #expect(try check(store) == ["ok"])
            try store.close()
        }
    }

    @Test("A full disk fails the write that needs room, and nothing else")
    func full() throws {
        try temporary.add(1, .running)
        try limitPages(of: temporary.store, to: "page_count + 4")
        let error = #expect(throws: StoreError.self) {
            _ = try temporary.store.record(
                .example(1, of: 1, network: Array(repeating: 1, count: 100_000)))
        }
        guard case .full(let sql?) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(sql.contains("INSERT OR REPLACE INTO networks"))
        // Nothing of the epoch is there, neither its progress nor its metrics.
        var expected = RunRecord.example(1)
        expected.status = .running
        #expect(try temporary.store.run(id: exampleID(1)) == expected)
        #expect(try temporary.store.metrics(runID: exampleID(1)) == [])

        try limitPages(of: temporary.store, to: "1000000")
        #expect(try temporary.store.record(.example(1, of: 1)))
        #expect(try check(temporary.store) == ["ok"])
    }

    @Test("A disk that permits no writing is reported, and reading goes on")
    func readOnlyDisk() throws {
        try temporary.add(1)
        try setQueryOnly(temporary.store, true)
        let error = #expect(throws: StoreError.self) { try temporary.store.checkWritable() }
        guard case .ioFailure(let why, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(why == "attempt to write a readonly database")
        #expect(try temporary.store.run(id: exampleID(1)) == .example(1))
        try setQueryOnly(temporary.store, false)
        try temporary.store.checkWritable()
    }

    @Test("A damaged file is reported as such")
    func corrupt() throws {
        for number in 0..<200 { try temporary.add(number) }
        try temporary.store.close()
        let file = try #require(FileHandle(forWritingAtPath: temporary.folder.file))
        let size = try file.seekToEnd()
        // All but the pages that an empty store has, so that opening goes well.
        let empty = try TemporaryFolder()
        try Store(path: empty.file).close()
        let schema = try Data(contentsOf: URL(fileURLWithPath: empty.file)).count
        try file.seek(toOffset: UInt64(schema))
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - schema))
        try file.close()
        let store = try Store(path: temporary.folder.file)
        let error = #expect(throws: StoreError.self) {
            for number in 0..<200 { _ = try store.run(id: exampleID(number)) }
        }
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    private func check(_ store: Store) throws -> [String] {
        try store.pool.read { db in
            let foreignKeys = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check")
            #expect(foreignKeys.isEmpty)
            return try String.fetchAll(db, sql: "PRAGMA integrity_check")
        }
    }

    private func limitPages(of store: Store, to limit: String) throws {
        try store.pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "SELECT \(limit) FROM pragma_page_count")
            try db.execute(sql: "PRAGMA max_page_count = \(try #require(pages))")
        }
    }

    private func setQueryOnly(_ store: Store, _ on: Bool) throws {
        try store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA query_only = \(on ? 1 : 0)")
        }
    }
}
