import Dispatch
import GRDB

/// Runs, their metrics and their networks, in one SQLite file.
///
/// Every call blocks until it is done and may come from any thread. What a call wrote is on the
/// disk when it returns (write-ahead log, `synchronous=FULL`): it survives the end of the process
/// and of the power. Callers that write at the same time share one wait for the disk; readers wait
/// for no writer and see no half of a write.
///
/// One process may have the file open for writing as a service: see `interruptUnfinished(at:)`.
public final class Store: Sendable {
    let opening: Opening

    /// GRDB's connections; waits until the file is open.
    var pool: DatabasePool {
        get throws(StoreError) { try opening.connections().pool }
    }

    /// What writes; waits until the file is open.
    var writer: GroupWriter {
        get throws(StoreError) { try opening.connections().writer }
    }

    private init(_ opening: Opening) {
        self.opening = opening
    }

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
    public convenience init(
        path: String, busyTimeout: Duration = .seconds(5), maximumBytes: Int = 0,
        onCommit: @escaping @Sendable (Duration) -> Void = { _ in }
    ) throws(StoreError) {
        self.init(
            Opening(
                path, busyTimeout: busyTimeout, maximumBytes: maximumBytes, onCommit: onCommit))
        opening.run()
        try waitUntilOpen()
    }

    /// Opens the store at `path` as `init` does, on a thread of its own, and returns at once.
    ///
    /// Every call waits until the store is open, and throws why it can't be, where it can't.
    public static func beginOpening(
        path: String, maximumBytes: Int = 0, onCommit: @escaping @Sendable (Duration) -> Void
    ) -> Store {
        let store = Store(
            Opening(
                path, busyTimeout: .seconds(5), maximumBytes: maximumBytes, onCommit: onCommit))
        // A queue of its own: the threads of the shared ones may all be waiting.
        DispatchQueue(label: "nabla.store.opening", qos: .userInitiated).async {
            store.opening.run()
        }
        return store
    }

    /// Waits until the store is open.
    ///
    /// - Throws: Why it can't be: what `init` throws.
    public func waitUntilOpen() throws(StoreError) {
        _ = try opening.connections()
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
    /// Unless somebody else reads it, the file is whole then without the log beside it.
    ///
    /// - Throws: `busy` if SQLite can't, in which case the store stays open; why it never was open, where it wasn't.
    public func close() throws(StoreError) {
        do {
            let pool = try self.pool
            // The connection that SQLite closes last only reads, and so leaves the log as it is. Nothing is lost
            // where it can't be emptied now. As SQL, for GRDB's own function must not be called once it is closed.
            try? pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
            }
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
        let pool = try self.pool
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
