import Foundation
import GRDB
import Glibc

extension Store {
    /// Copies the file of a store as it is at one moment, while others read and write it.
    ///
    /// What was acknowledged before the call is in the copy. Nobody waits for it, and the file is left
    /// as it is, also where it is of an earlier version.
    ///
    /// - Parameters:
    ///   - path: The store's file.
    ///   - copy: The copy, which must not be there yet; it appears whole, readable by its owner alone.
    /// - Throws: `cannotOpen` of `path` where the file is none of this program's, and of `copy` where that
    ///   can't be made; `conflict` where there is a file at `copy`; `full` where there is no room for it.
    public static func backUp(path: String, to copy: String) throws(StoreError) {
        let part = copy + ".part"
        guard access(copy, F_OK) != 0 else {
            throw .conflict(why: "There is a file \(copy) already")
        }
        unlink(part)
        try writing(copy) { () throws(StoreError) in try Opening.makeFile(part) }
        defer { unlink(part) }
        do {
            try copyPages(of: path, to: part)
        } catch {
            throw StoreError(error).whileOpening(path)
        }
        try writing(copy) { () throws(StoreError) in
            try putOnDisk(part)
            // Unlike a rename, it replaces nothing that came there meanwhile.
            guard link(part, copy) == 0 else {
                throw .ioFailure(why: String(cString: strerror(errno)), sql: nil)
            }
            try putOnDisk(URL(fileURLWithPath: copy).deletingLastPathComponent().path)
        }
    }

    /// Runs `body`, whose failures are those of the file that is written.
    private static func writing(
        _ copy: String, _ body: () throws(StoreError) -> Void
    ) throws(StoreError) {
        do throws(StoreError) {
            try body()
        } catch {
            throw error.whileOpening(copy)
        }
    }

    private static func copyPages(of path: String, to copy: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let file = path.hasPrefix("/") ? path : "./" + path
        try Opening.refuseForeignFile(
            PlainConnection(to: file, busyMilliseconds: 10_000), named: path)
        let source = try DatabaseQueue(path: file, configuration: configuration)
        let id = try source.read { try Int.fetchOne($0, sql: "PRAGMA application_id") }
        guard id == Schema.applicationID else {
            throw StoreError.cannotOpen(path: path, why: "there is nothing in it")
        }
        let target = try DatabaseQueue(path: copy.hasPrefix("/") ? copy : "./" + copy)
        do {
            // All pages in one step: in several, a write between two would begin it anew.
            try source.backup(to: target)
        } catch let error as DatabaseError where error.isOfWriting {
            throw StoreError(error).whileOpening(copy)
        }
        try target.writeWithoutTransaction { db in
            // One file, without a log beside it.
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
            guard try String.fetchOne(db, sql: "PRAGMA quick_check") == "ok" else {
                throw StoreError.corrupt(why: "its copy fails the check of integrity", sql: nil)
            }
        }
        try target.close()
        try source.close()
    }

    private static func putOnDisk(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { Glibc.close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw .ioFailure(why: String(cString: strerror(errno)), sql: nil)
        }
    }
}

extension DatabaseError {
    /// Whether a file could not be written, rather than read.
    fileprivate var isOfWriting: Bool {
        resultCode == .SQLITE_IOERR && extendedResultCode != .SQLITE_IOERR_READ
            && extendedResultCode != .SQLITE_IOERR_SHORT_READ
    }
}
