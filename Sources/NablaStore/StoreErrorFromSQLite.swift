import GRDB

extension StoreError {
    /// Says what an error of SQLite or GRDB means for a caller of the store.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error)
        default: self = .unexpected(why: String(describing: error), sql: nil)
        }
    }

    private init(_ error: DatabaseError) {
        let why = error.message ?? error.extendedResultCode.description
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(sql: error.sql)
        case .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_NOLFS:
            self = .ioFailure(why: why, sql: error.sql)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(sql: error.sql)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(why: why, sql: error.sql)
        case .SQLITE_TOOBIG: self = .invalidValue(why: "A row is larger than SQLite can hold")
        // The only use of a connection that this module's callers can get wrong.
        case .SQLITE_MISUSE: self = .closed
        default: self = .unexpected(why: why, sql: error.sql)
        }
    }

    /// The same error as seen by whoever opens the file at `path`.
    func whileOpening(_ path: String) -> StoreError {
        switch self {
        case .ioFailure(let why, _), .unexpected(let why, _): .cannotOpen(path: path, why: why)
        case .corrupt(let why, _): .cannotOpen(path: path, why: "it is damaged, " + why)
        default: self
        }
    }
}
