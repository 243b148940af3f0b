import Foundation
import GRDB
import Testing

@testable import NablaStore

@Suite("Opening and closing a store")
struct StoreTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("What was stored is there after the store is opened again")
    func persistence() throws {
        let first = try Store(path: folder.file)
        try first.insert(.example(1))
        _ = try first.start(id: exampleID(1), at: noon)
        _ = try first.record(.example(1, of: 1, network: [1, 2, 3]))
        let run = try first.run(id: exampleID(1))
        let metrics = try first.metrics(runID: exampleID(1))
        try first.close()

        let second = try Store(path: folder.file)
        #expect(run != nil)
        #expect(try second.run(id: exampleID(1)) == run)
        #expect(metrics.count == 2)
        #expect(try second.metrics(runID: exampleID(1)) == metrics)
        #expect(try second.network(runID: exampleID(1))?.parameters == [1, 2, 3])
    }

    @Test("A file that was closed is whole without its log, also where it was read meanwhile")
    func closedFile() throws {
        let store = try Store(path: folder.file)
        try store.insert(.example(1))
        #expect(try store.run(id: exampleID(1)) != nil)
        try store.close()
        // Once more is nothing.
        try store.close()
        let copy = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: folder.file, toPath: copy.file)
        #expect(try Store(path: copy.file).run(id: exampleID(1)) == .example(1))
    }

    @Test("An empty file becomes a store")
    func emptyFile() throws {
        try Data().write(to: URL(fileURLWithPath: folder.file))
        let store = try Store(path: folder.file)
        try store.insert(.example(1))
        #expect(try store.run(id: exampleID(1)) == .example(1))
    }

    @Test("The files of a new store are readable by their owner alone")
    func modes() throws {
        let store = try Store(path: folder.file)
        try store.insert(.example(1))
        let names = try folder.names()
        #expect(names == ["nabla.sqlite", "nabla.sqlite-shm", "nabla.sqlite-wal"])
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: folder.path + "/" + name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test("Commits wait for the disk, and foreign keys are kept")
    func pragmas() throws {
        let store = try Store(path: folder.file)
        let (synchronous, foreignKeys, journal) = try store.pool.writeWithoutTransaction { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous"),
                try Int.fetchOne(db, sql: "PRAGMA foreign_keys"),
                try String.fetchOne(db, sql: "PRAGMA journal_mode")
            )
        }
        #expect(synchronous == 2)
        #expect(foreignKeys == 1)
        #expect(journal == "wal")
    }

    @Test("A later version's files are refused and not touched", arguments: [true, false])
    func newerSchema(isLogLeft: Bool) throws {
        // The last change is in the log or, once the file is closed, in the file itself.
        let later = try Store(path: folder.file)
        try later.writer.write { db in
            try db.run("INSERT INTO grdb_migrations VALUES ('10 of a later version')")
        }
        let copy = try TemporaryFolder()
        if !isLogLeft { try later.close() }
        let suffixes = isLogLeft ? ["", "-wal"] : [""]
        for suffix in suffixes {
            try FileManager.default.copyItem(
                atPath: folder.file + suffix, toPath: copy.file + suffix)
        }

        let error = #expect(throws: StoreError.self) { try Store(path: copy.file) }
        #expect(
            error
                == .newerSchema(
                    path: copy.file, found: "10 of a later version",
                    known: Schema.migrator.migrations.last ?? ""))
        for suffix in suffixes {
            #expect(
                FileManager.default.contentsEqual(
                    atPath: folder.file + suffix, andPath: copy.file + suffix))
        }
    }

    @Test("Another program's database is refused and not touched")
    func anotherProgram() throws {
        try folder.withDatabase { db in try db.execute(sql: "CREATE TABLE songs (title TEXT)") }
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file))
        #expect(
            throws: StoreError.cannotOpen(
                path: folder.file, why: "it is another program's database")
        ) { try Store(path: folder.file) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file)) == before)
    }

    @Test("A file that is no database is refused and not touched")
    func noDatabase() throws {
        let text = Data(String(repeating: "A letter, not a database. ", count: 100).utf8)
        try text.write(to: URL(fileURLWithPath: folder.file))
        let error = #expect(throws: StoreError.self) { try Store(path: folder.file) }
        #expect(error?.detail.contains("file is not a database") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file)) == text)
    }

    @Test("A path where no file can be is refused with its reason")
    func impossiblePaths() throws {
        let reasons = [
            ("/missing/nabla.sqlite", "No such file or directory"), ("", "it is no regular file"),
        ]
        for (suffix, reason) in reasons {
            let path = folder.path + suffix
            let error = #expect(throws: StoreError.self) { try Store(path: path) }
            #expect(error?.detail.hasPrefix("Cannot open \(path): \(reason)") == true)
        }
        #expect(try folder.names() == [])
    }

    @Test(
        "A folder and a file that may not be written to are refused",
        .enabled(if: geteuid() != 0, "root may write everywhere"))
    func readOnly() throws {
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
        let inFolder = #expect(throws: StoreError.self) { try Store(path: folder.file) }
        #expect(inFolder?.detail.contains("Permission denied") == true)

        try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
        try Store(path: folder.file).close()
        try manager.setAttributes([.posixPermissions: 0o400], ofItemAtPath: folder.file)
        let onFile = #expect(throws: StoreError.self) { try Store(path: folder.file) }
        #expect(onFile?.detail.hasPrefix("Cannot open \(folder.file): attempt to write") == true)
    }

    @Test("A store that another process keeps locked is busy, not broken")
    func busy() throws {
        let store = try Store(path: folder.file)
        let impatient = try Store(path: folder.file, busyTimeout: .milliseconds(20))
        try store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            #expect(throws: StoreError.busy(sql: "BEGIN IMMEDIATE TRANSACTION")) {
                try impatient.insert(.example(1))
            }
            try db.execute(sql: "ROLLBACK")
        }
        try impatient.insert(.example(1))
    }

    @Test("A closed store says so, to readers and writers")
    func closed() throws {
        let store = try Store(path: folder.file)
        try store.close()
        #expect(throws: StoreError.closed) { try store.run(id: exampleID(1)) }
        #expect(throws: StoreError.closed) { try store.insert(.example(1)) }
        #expect(throws: StoreError.closed) { try store.checkWritable() }
        #expect(try folder.names() == ["nabla.sqlite"])
    }

    @Test("Checking that the store is writable really writes")
    func checkWritable() throws {
        let store = try Store(path: folder.file)
        try store.checkWritable()
        try store.checkWritable()
        let writes = try store.pool.read { db in
            try Int.fetchOne(db, sql: "SELECT writes FROM write_probe")
        }
        #expect(writes == 2)
    }
}
