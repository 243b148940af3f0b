import GRDB
import Glibc

/// Runs, their metrics and their networks, in one SQLite file.
///
/// Every call blocks until it is done and may come from any thread. What a call wrote is on the
/// disk when it returns (write-ahead log, `synchronous=FULL`): it survives the end of the process
/// and of the power. Callers that write at the same time share one wait for the disk; readers wait
/// for no writer and see no half of a write.
///
/// One process may have the file open for writing as a service: see `interruptUnfinished(at:)`.
public final class Store: Sendable {
    let pool: DatabasePool
    let writer: GroupWriter

    /// Opens the store at `path`, makes the file (mode 0600) if there is none, and migrates it.
    ///
    /// - Parameters:
    ///   - path: The file, in a folder that exists. SQLite keeps two more beside it, `-wal` and
    ///     `-shm`.
    ///   - busyTimeout: How long to wait for a lock that another process holds; 5 s by default.
    ///   - maximumBytes: What the file may grow to; 0, the default, for any size. A write that needs more
    ///     throws `full`. The log beside it comes on top.
    ///   - onCommit: Is told how long each transaction took, from its begin until it was on the disk;
    ///     runs on the thread that wrote, before anybody else can.
    /// - Throws: `cannotOpen`, `newerSchema` (the file is untouched), `busy` or `full`.
    public init(
        path: String, busyTimeout: Duration = .seconds(5), maximumBytes: Int = 0,
        onCommit: @escaping @Sendable (Duration) -> Void = { _ in }
    ) throws(StoreError) {
        do {
            // SQLite gives the names "" and ":memory:" a meaning of their own.
            let file = path.hasPrefix("/") ? path : "./" + path
            if try !NewDatabase.make(at: file) {
                try Self.makeFile(file)
                try Self.refuseForeignFile(file, named: path)
            }
            pool = try DatabasePool(path: file, configuration: Self.configuration(busyTimeout))
            // Before commits wait for the disk: a migration that a power cut undoes is done again.
            try Schema.migrator.migrate(pool)
            try pool.writeWithoutTransaction { db in
                // Here and not in `prepareDatabase`, because GRDB sets NORMAL after that.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // A log that a large network blew up is cut back to this many bytes.
                try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
                guard maximumBytes > 0 else { return }
                let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
                let pages = min(max(1, maximumBytes / pageSize), 0xffff_fffe)
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
        } catch {
            throw StoreError(error).whileOpening(path)
        }
        writer = GroupWriter(pool, onCommit: onCommit)
    }

    /// How each connection is set up.
    static func configuration(_ busyTimeout: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.label = "nabla.store"
        configuration.busyMode = .timeout(busyTimeout / .seconds(1))
        configuration.prepareDatabase { db in
            try RunSet.addFunctions(to: db)
            // 8 MB, taken only where a file is as large, in place of 2: the upper pages of its trees
            // stay there, and a search reads one page of each and not four.
            try db.execute(sql: "PRAGMA cache_size = -8000")
        }
        return configuration
    }

    /// Makes an empty file that nobody else may read; SQLite gives its `-wal` and `-shm` the same.
    static func makeFile(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            Glibc.close(descriptor)
            return
        }
        guard errno == EEXIST else {
            throw .ioFailure(why: String(cString: strerror(errno)), sql: nil)
        }
        // A file that exists isn't opened here: closing it would drop the locks that another
        // connection of this process has on it (POSIX), and SQLite would not know.
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .ioFailure(why: "it is no regular file", sql: nil)
        }
    }

    /// Refuses a later version's file or another program's, before anything writes to it.
    static func refuseForeignFile(_ file: String, named path: String) throws {
        let database = try PlainConnection(to: file, busyMilliseconds: 10_000)
        let names = try database.column("SELECT name FROM sqlite_schema")
        guard !names.isEmpty else { return }
        guard try database.column("PRAGMA application_id") == ["\(Schema.applicationID)"] else {
            throw StoreError.cannotOpen(path: path, why: "it is another program's database")
        }
        guard names.contains("grdb_migrations") else { return }
        let known = Schema.changes.map(\.name)
        let later = try database.column("SELECT identifier FROM grdb_migrations")
            .filter { !known.contains($0) }
        guard later.isEmpty else {
            throw StoreError.newerSchema(
                path: path, found: later.sorted().joined(separator: ", "),
                known: known.last ?? "none")
        }
    }

    /// Writes a row and waits until it is on the disk, to learn whether writing works.
    public func checkWritable() throws(StoreError) {
        try writer.write { db in
            try db.run(
                """
                INSERT INTO write_probe (number, writes) VALUES (1, 1)
                ON CONFLICT DO UPDATE SET writes = writes + 1
                """)
        }
    }

    /// Closes the file, after the calls that are under way; later calls throw `closed`.
    ///
    /// - Throws: `busy` if SQLite can't, in which case the store stays open.
    public func close() throws(StoreError) {
        do {
            try pool.close()
        } catch {
            throw StoreError(error)
        }
    }

    /// Runs `body` on one consistent state of the file; `atStart`, where it is one query, on the connection
    /// that writes, which is open, where the first that reads isn't yet.
    func read<Value>(
        atStart isStart: Bool = false, _ body: (Database) throws -> Value
    ) throws(StoreError) -> Value {
        do {
            return try isStart ? pool.writeWithoutTransaction(body) : pool.read(body)
        } catch {
            throw StoreError(error)
        }
    }
}

extension Database {
    /// Runs one statement that gives no rows, and keeps it compiled for the next time.
    func run(_ sql: String, _ arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Runs one query, and keeps it compiled for the next time.
    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }
}
