import Glibc

/// A database with all tables and nothing in them, made at once.
///
/// Its bytes are those that the migrations make of an empty file, which takes a service that is to answer as
/// long as all else that it does to begin. `make schema` keeps them anew after a change of the schema; the tests compare.
enum NewDatabase {
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
        try PackageResources.new_sqlite.withUnsafeBytes { image in
            var rest = image[...]
            while !rest.isEmpty {
                let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress
                let count = write(descriptor, base, rest.count)
                guard count > 0 else { throw failure() }
                rest = rest.dropFirst(count)
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
