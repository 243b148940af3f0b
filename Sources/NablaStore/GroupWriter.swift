import GRDB
import Synchronization

/// Commits the writes of many callers in one transaction, so that they share one wait for the disk.
///
/// Each caller lines its write up and then asks for GRDB's writer, which takes one caller at a
/// time. Whoever gets it commits all that stand in line by then, the others' writes with its own;
/// those find theirs done when their turn comes. A lone caller waits for nobody.
final class GroupWriter: Sendable {
    private let pool: DatabasePool
    private let line = Mutex<[any PendingWrite]>([])
    private let onCommit: @Sendable (Duration) -> Void

    /// Makes a writer that tells how long each transaction took that was committed.
    init(_ pool: DatabasePool, onCommit: @escaping @Sendable (Duration) -> Void) {
        self.pool = pool
        self.onCommit = onCommit
    }

    /// Runs `body` in a transaction and returns when that is on the disk.
    ///
    /// `body` may be run twice: see `commit`. Its changes are undone if it throws.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) throws(StoreError) -> Value {
        let write = Write(body)
        line.withLock { $0.append(write) }
        pool.writeWithoutTransaction { db in
            // Whoever is done leaves at once. Were it to commit what has lined up since, all would
            // go on in step, each committing one write: that of the caller before it.
            guard !write.isDone else { return }
            commit(takeLine(), db)
        }
        return try write.value()
    }

    private func takeLine() -> [any PendingWrite] {
        line.withLock { line in
            defer { line = [] }
            return line
        }
    }

    /// Commits `writes` together; if that fails, each by itself, so that one caller's error never
    /// becomes another's.
    private func commit(_ writes: [any PendingWrite], _ db: Database) {
        do {
            let start = ContinuousClock.now
            try db.inTransaction(.immediate) {
                for write in writes {
                    try write.run(db)
                }
                return .commit
            }
            onCommit(ContinuousClock.now - start)
        } catch  where writes.count == 1 {
            writes[0].fail(error)
        } catch {
            for write in writes {
                commit([write], db)
            }
        }
    }
}

private protocol PendingWrite: Sendable {
    func run(_ db: Database) throws
    func fail(_ error: any Error)
}

private final class Write<Value: Sendable>: PendingWrite {
    private let body: @Sendable (Database) throws -> Value
    private let outcome = Mutex<Result<Value, StoreError>?>(nil)

    init(_ body: @escaping @Sendable (Database) throws -> Value) {
        self.body = body
    }

    /// Whether it was committed or failed; asked only while no transaction is under way.
    var isDone: Bool {
        outcome.withLock { $0 != nil }
    }

    func run(_ db: Database) throws {
        let value = try body(db)
        outcome.withLock { $0 = .success(value) }
    }

    func fail(_ error: any Error) {
        outcome.withLock { $0 = .failure(StoreError(error)) }
    }

    func value() throws(StoreError) -> Value {
        try outcome.withLock { $0 }.unwrapped(or: .closed).get()
    }
}
