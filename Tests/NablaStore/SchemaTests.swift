import GRDB
import Testing

@testable import NablaStore

/// Files that earlier versions left.
@Suite("Earlier schemas")
struct SchemaTests {
    private static let schemas = Schema.migrator.migrations

    @Test(
        "A file of each earlier schema is brought forward, with what is in it", arguments: schemas)
    func migrates(from schema: String) throws {
        let folder = try TemporaryFolder()
        try folder.withDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
        }
        let queue = try DatabaseQueue(path: folder.file)
        // What the first schema knew, as the later ones have it.
        try Schema.migrator.migrate(queue, upTo: try #require(Self.schemas.first))
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO runs VALUES
                        (1, '\(exampleID(1))', 'old', 'succeeded', \(noon), \(noon), \(noon), '{}', 9,
                            2, 2, 8, 1000, NULL),
                        (2, '\(exampleID(2))', NULL, 'running', \(noon + 1), \(noon), NULL, '{}', 9,
                            1, 2, 4, NULL, NULL);
                    INSERT INTO tags VALUES (1, 'team', 'search');
                    INSERT INTO summaries VALUES (1, 'loss', 1, 0.5, 0.25);
                    INSERT INTO metrics VALUES (1, 1, 1, 4, 0.25, \(noon)), (1, 1, 2, 8, 0.5, \(noon));
                    INSERT INTO networks VALUES (1, 2, '{"layers":[]}', 'float32', x'0102');
                    """)
        }
        try Schema.migrator.migrate(queue, upTo: schema)
        try queue.close()

        let store = try Store(path: folder.file)
        let run = try #require(try store.run(id: exampleID(1)))
        #expect(run.name == "old" && run.tags == ["team": "search"] && run.status == .succeeded)
        #expect(run.latest == ["loss": 0.5] && run.best == ["loss": 0.25])
        #expect(try store.metrics(runID: exampleID(1)).map(\.value) == [0.25, 0.5])
        #expect(try store.network(runID: exampleID(1))?.parameters == [1, 2])
        // What this version does works on it, and what it can't do it says.
        #expect(try store.interruptUnfinished(at: noon) == [exampleID(2)])
        #expect(try store.requeueUnfinished() == [])
        #expect(throws: StoreError.self) { try store.requeue(id: exampleID(1), epochs: 1) }
        try store.insert(.example(3), request: RequestRecord(body: [1]))
        #expect(try store.requeueUnfinished().map(\.run.id) == [exampleID(3)])
        let applied = try store.pool.read { try Schema.migrator.appliedMigrations($0) }
        #expect(applied == Self.schemas)
        let found = try store.pool.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
        #expect(found == ["ok"])
    }
}
