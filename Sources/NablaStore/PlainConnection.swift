import GRDB
import GRDBSQLite

/// A connection to SQLite without what GRDB adds to one.
///
/// For what a start does once: GRDB takes as long to set a connection up as that takes altogether.
final class PlainConnection {
    private let raw: OpaquePointer

    /// Opens a file for reading only.
    ///
    /// - Parameters:
    ///   - path: The file, which exists.
    ///   - milliseconds: How long to wait for a lock that another process holds.
    /// - Throws: `DatabaseError`, as everything here does.
    init(to path: String, busyMilliseconds milliseconds: Int32) throws {
        var raw: OpaquePointer?
        let code = sqlite3_open_v2(path, &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let raw else {
            let message = raw.map { String(cString: sqlite3_errmsg($0)) }
            sqlite3_close_v2(raw)
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
        self.raw = raw
        sqlite3_extended_result_codes(raw, 1)
        sqlite3_busy_timeout(raw, milliseconds)
    }

    deinit { sqlite3_close_v2(raw) }

    /// The first column of a query's rows, NULL as an empty text.
    func column(_ sql: String) throws -> [String] {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(raw, sql, -1, &statement, nil) == SQLITE_OK else {
            throw error(in: sql)
        }
        var texts: [String] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                texts.append(sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? "")
            case SQLITE_DONE: return texts
            default: throw error(in: sql)
            }
        }
    }

    private func error(in sql: String) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(raw)),
            message: String(cString: sqlite3_errmsg(raw)), sql: sql)
    }
}
