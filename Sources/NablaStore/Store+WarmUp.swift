import Foundation
import GRDB

extension Store {
    /// Does what SQLite, GRDB and Swift's runtime do at their first use, so that a store is opened 2 ms sooner
    /// afterwards.
    ///
    /// For another thread to call while the settings are read.
    public static func warmUp() {
        // What fails here fails again, and is told, where the store is opened.
        guard let queue = try? DatabaseQueue(configuration: configuration(.seconds(5))) else {
            return
        }
        try? queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.inSavepoint {
                try db.run("CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT) STRICT")
                try db.run("INSERT INTO numbers VALUES (?, ?)", [1, "one"])
                return .commit
            }
            _ = try db.rows("SELECT number FROM numbers WHERE text = ?", ["one"])
            _ = try String.fetchSet(db, sql: "SELECT text FROM numbers")
            _ = try Int.fetchOne(db, sql: "PRAGMA page_size")
        }
        // As GRDB asks for the size of the log.
        _ = try? URL(fileURLWithPath: "/").resourceValues(forKeys: [.fileSizeKey])
    }
}
