import Dispatch
import Foundation
import GRDB
import Synchronization
import Testing

@testable import NablaStore

/// Files that are made at once.
@Suite("New databases")
struct NewDatabaseTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("A file made at once has what the migrations of an empty one make")
    func hasTheMigratedSchema() throws {
        let migrated = try TemporaryFolder()
        let queue = try DatabaseQueue(path: migrated.file)
        try Schema.migrator.migrate(queue)
        try queue.close()

        #expect(try NewDatabase.make(at: folder.file))
        #expect(try folder.names() == ["nabla.sqlite"])
        let made = try folder.withDatabase(Content.init)
        #expect(try made == migrated.withDatabase(Content.init))
        #expect(made.tables.count > 40 && made.applicationID == Schema.applicationID)
        #expect(made.check == "ok")
        #expect(
            try folder.withDatabase { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal"
        )
    }

    /// Writes what `make schema` keeps, where that asks for it.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["NABLA_NEW_DATABASE"] != nil))
    func isKept() throws {
        let kept = try #require(ProcessInfo.processInfo.environment["NABLA_NEW_DATABASE"])
        let queue = try DatabaseQueue(path: folder.file)
        try Schema.migrator.migrate(queue)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "VACUUM; PRAGMA journal_mode = WAL")
        }
        try queue.close()
        try Data(contentsOf: URL(fileURLWithPath: folder.file)).write(
            to: URL(fileURLWithPath: kept))
    }

    private struct Content: Equatable {
        let tables: [String]
        let changes: [String]
        let applicationID: Int?
        let check: String?

        init(_ db: Database) throws {
            tables = try String.fetchAll(
                db,
                sql: """
                    SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '')
                    FROM sqlite_schema ORDER BY type, name
                    """)
            changes = try String.fetchAll(
                db, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
            applicationID = try Int.fetchOne(db, sql: "PRAGMA application_id")
            check = try String.fetchOne(db, sql: "PRAGMA integrity_check")
        }
    }

    @Test("A file is for its owner alone")
    func permissions() throws {
        #expect(try NewDatabase.make(at: folder.file))
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("What has the name already is left as it is")
    func leavesWhatIsThere() throws {
        let text = Data("A letter, not a database.".utf8)
        try text.write(to: URL(fileURLWithPath: folder.file))
        #expect(try !NewDatabase.make(at: folder.file))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file)) == text)
    }

    @Test("An empty file, as file systems that make none without a name have it first, is migrated")
    func emptyFile() throws {
        try Opening.makeFile(folder.file)
        let store = try Store(path: folder.file)
        let run = try #require(try Self.stored(3, in: store))
        #expect(run.id == exampleID(3))
    }

    @Test("Stores that are opened at the same moment get one file, and lose nothing")
    func race() throws {
        let ids = Mutex<Set<String>>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            do {
                let store = try Store(path: folder.file)
                if let run = try Self.stored(number, in: store) {
                    _ = ids.withLock { $0.insert(run.id) }
                }
            } catch {
                Issue.record(error)
            }
        }
        let store = try Store(path: folder.file)
        #expect(ids.withLock { $0.count } == 8)
        for id in ids.withLock({ $0 }) { #expect(try store.run(id: id) != nil) }
    }

    private static func stored(_ number: Int, in store: Store) throws -> RunRecord? {
        try store.insert(.example(number), request: RequestRecord(body: [1]))
        return try store.run(id: exampleID(number))
    }
}
