import GRDB
import Testing

@testable import NablaStore

@Suite("Errors")
struct StoreErrorTests {
    let temporary: TemporaryStore

    init() throws {
        temporary = try TemporaryStore()
    }

    @Test("Each failure of SQLite is told by what to do about it")
    func mapping() {
        func error(_ code: ResultCode) -> StoreError {
            StoreError(
                DatabaseError(
                    resultCode: code, message: "why", sql: "SELECT ?", arguments: ["secret"],
                    publicStatementArguments: true))
        }
        #expect(error(.SQLITE_FULL) == .full(sql: "SELECT ?"))
        #expect(error(.SQLITE_BUSY_TIMEOUT) == .busy(sql: "SELECT ?"))
        for code in [ResultCode.SQLITE_IOERR_FSYNC, .SQLITE_IOERR, .SQLITE_READONLY_DBMOVED] {
            #expect(error(code) == .ioFailure(why: "why", sql: "SELECT ?"))
        }
        for code in [ResultCode.SQLITE_CORRUPT_INDEX, .SQLITE_NOTADB] {
            #expect(error(code) == .corrupt(why: "why", sql: "SELECT ?"))
        }
        #expect(error(.SQLITE_CONSTRAINT_CHECK) == .unexpected(why: "why", sql: "SELECT ?"))
        #expect(error(.SQLITE_MISUSE) == .closed)
    }

    @Test("No error shows a value bound to its SQL")
    func noValues() throws {
        let error = #expect(throws: StoreError.self) {
            try temporary.store.writer.write { db in
                try db.run("UPDATE missing SET name = ?", ["secret"])
            }
        }
        let found = try #require(error)
        #expect(found.detail.contains("no such table: missing"))
        #expect(found.detail.contains("UPDATE missing SET name = ?"))
        #expect(!found.detail.contains("secret"))
        #expect(!String(reflecting: found).contains("secret"))
    }

    @Test("An error that opening met names the file")
    func opening() {
        let damaged = StoreError.corrupt(why: "no pages", sql: nil).whileOpening("a.sqlite")
        #expect(damaged == .cannotOpen(path: "a.sqlite", why: "it is damaged, no pages"))
        #expect(StoreError.full(sql: nil).whileOpening("a.sqlite") == .full(sql: nil))
    }
}
