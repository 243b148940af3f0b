import GRDB
import Glibc

/// What opens a store's file, on the thread that runs it, while others wait for what it finds.
final class Opening: Sendable {
    /// What is there once the file is open.
    struct Connections: Sendable {
        let pool: DatabasePool
        let writer: GroupWriter
    }

    private let path: String
    private let file: String
    private let busyTimeout: Duration
    private let maximumBytes: Int
    private let onCommit: @Sendable (Duration) -> Void
    private let outcome = Promise<Result<Connections, StoreError>>()
    /// Whether the file holds tokens, known before it is open.
    private let tokens = Promise<Result<Bool, StoreError>>()

    /// Prepares to open the file at `path`; the parameters are those of `Store.init`.
    init(
        _ path: String, busyTimeout: Duration, maximumBytes: Int,
        onCommit: @escaping @Sendable (Duration) -> Void
    ) {
        self.path = path
        // SQLite gives the names "" and ":memory:" a meaning of their own.
        file = path.hasPrefix("/") ? path : "./" + path
        self.busyTimeout = busyTimeout
        self.maximumBytes = maximumBytes
        self.onCommit = onCommit
        if access(file, F_OK) != 0, errno == ENOENT { tokens.keep(.success(false)) }
    }

    /// Opens the file, or finds out why that can't be; once.
    func run() {
        let result = Result { () throws(StoreError) in
            do {
                return try open()
            } catch {
                throw StoreError(error).whileOpening(path)
            }
        }
        // Already known but where it failed before.
        tokens.keep(result.map { _ in true })
        outcome.keep(result)
    }

    /// The connections; waits until the file is open.
    ///
    /// - Throws: Why it can't be.
    func connections() throws(StoreError) -> Connections {
        try outcome.value.get()
    }

    /// Whether the file may hold tokens, which can be told before it is open.
    ///
    /// - Throws: Why it can't be opened, where that is known first.
    func mayHoldTokens() throws(StoreError) -> Bool {
        // They may have come since.
        outcome.isKept ? true : try tokens.value.get()
    }

    private func open() throws -> Connections {
        if try !NewDatabase.make(at: file) {
            try Self.makeFile(file)
            let database = try PlainConnection(to: file, busyMilliseconds: 10_000)
            let tables = try Self.refuseForeignFile(database, named: path)
            tokens.keep(
                .success(
                    try tables.contains("tokens")
                        && !database.column("SELECT 1 FROM tokens LIMIT 1").isEmpty))
        }
        let pool = try DatabasePool(path: file, configuration: Self.configuration(busyTimeout))
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
        return Connections(pool: pool, writer: GroupWriter(pool, onCommit: onCommit))
    }

    /// How each connection is set up.
    private static func configuration(_ busyTimeout: Duration) -> Configuration {
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
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
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
    ///
    /// - Returns: What the file has: the names of its tables and indices; none where it is empty.
    @discardableResult
    static func refuseForeignFile(
        _ database: PlainConnection, named path: String
    ) throws -> [String] {
        let names = try database.column("SELECT name FROM sqlite_schema")
        guard !names.isEmpty else { return [] }
        guard try database.column("PRAGMA application_id") == ["\(Schema.applicationID)"] else {
            throw StoreError.cannotOpen(path: path, why: "it is another program's database")
        }
        guard names.contains("grdb_migrations") else { return names }
        let known = Schema.changes.map(\.name)
        let later = try database.column("SELECT identifier FROM grdb_migrations")
            .filter { !known.contains($0) }
        guard later.isEmpty else {
            throw StoreError.newerSchema(
                path: path, found: later.sorted().joined(separator: ", "),
                known: known.last ?? "none")
        }
        return names
    }
}
