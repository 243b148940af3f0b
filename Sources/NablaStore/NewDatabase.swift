import GRDB
import Glibc

/// A database with all tables and nothing in them, made at once.
///
/// The changes that lead to today's tables, each committed by itself as the migrations of an older file
/// are, take three times as long as all of them in memory and one write of the result.
enum NewDatabase {
    // Where the header says how the file is written and read, and that it is with a log of writes ahead.
    // Source: https://www.sqlite.org/fileformat2.html, section 1.3.3.
    private static let versionOffsets = 18...19
    private static let writeAheadVersion: UInt8 = 2
    // O_TMPFILE, which fcntl.h shows to GNU sources alone.
    private static let withoutName = 0o20_000_000 | O_DIRECTORY

    /// Makes the file (mode 0600), whole or not at all, where there is none.
    ///
    /// - Returns: Whether it was made. It isn't where something has that name, or the file system can't make
    ///   a file before it has a name.
    static func make(at path: String) throws -> Bool {
        guard access(path, F_OK) != 0, errno == ENOENT else { return false }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, withoutName | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        try writeImage(to: descriptor)
        // Nobody sees the file before it is on the disk, and of two that are made at a time one is kept.
        let source = "/proc/self/fd/\(descriptor)"
        guard linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 else { return false }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return true }
        defer { close(directory) }
        // As SQLite does, without asking whether the file system can.
        fsync(directory)
        return true
    }

    private static func writeImage(to descriptor: Int32) throws {
        let database = try PlainConnection(to: nil)
        try database.execute("BEGIN")
        // As GRDB has it, in which it notes which changes a file has.
        try database.execute("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        for change in Schema.changes {
            for sql in change.sql { try database.execute(sql) }
            try database.execute("INSERT INTO grdb_migrations VALUES ('\(change.name)')")
        }
        try database.execute("COMMIT")
        try database.withImage { image in
            for offset in versionOffsets { image[offset] = writeAheadVersion }
            var written = 0
            while written < image.count {
                let count = write(
                    descriptor, UnsafeRawBufferPointer(rebasing: image[written...]).baseAddress,
                    image.count - written)
                guard count > 0 else { throw failure() }
                written += count
            }
        }
        guard fsync(descriptor) == 0 else { throw failure() }
    }

    private static func failure() -> StoreError {
        let number = errno
        return number == ENOSPC || number == EDQUOT
            ? .full(sql: nil) : .ioFailure(why: String(cString: strerror(number)), sql: nil)
    }
}
