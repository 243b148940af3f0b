import ArgumentParser
import Glibc

/// A file that is written, or standard output for `-`.
struct OutputFile: ExpressibleByArgument {
    let path: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        path = argument
    }

    static let defaultCompletionKind = CompletionKind.file()

    /// What there is at a path.
    private enum Kind {
        /// A file, or nothing yet.
        case file
        case folder
        /// A device, a pipe or a socket.
        case other
    }

    private var kind: Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .file }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    /// Looks whether the file could be written now, and leaves everything as it is.
    ///
    /// - Throws: `CommandError` when it could not.
    func check() throws(CommandError) {
        guard path != "-" else { return }
        switch kind {
        case .folder: throw failure("it is a folder")
        case .other: if access(path, W_OK) != 0 { throw failure(errno) }
        case .file:
            let part = part
            close(try make(part))
            unlink(part)
        }
    }

    /// Writes the whole file, in place of one that is there.
    ///
    /// - Throws: `CommandError` when it can't be written.
    func write(_ bytes: [UInt8]) throws(CommandError) {
        guard path != "-" else { return StandardStream.output.write(bytes) }
        switch kind {
        case .folder: throw failure("it is a folder")
        case .other: try writeThrough(bytes)
        case .file:
            let part = part
            let descriptor = try make(part)
            var number = writeAll(bytes, to: descriptor)
            if close(descriptor) != 0 { number = number ?? errno }
            if number == nil, rename(part, target) != 0 { number = errno }
            guard let number else { return }
            unlink(part)
            throw failure(number)
        }
    }

    /// Writes into what is there: a file in the place of a device would be of no use to anybody.
    private func writeThrough(_ bytes: [UInt8]) throws(CommandError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        if let number = writeAll(bytes, to: descriptor) { throw failure(number) }
    }

    /// The file itself, where the path is a link to it.
    private var target: String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// What is written first and then takes the file's place, so that it is there whole or not at all.
    private var part: String { "\(target).\(getpid()).part" }

    /// Makes that, with the permissions of the file that it replaces.
    private func make(_ part: String) throws(CommandError) -> Int32 {
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(errno) }
        var status = stat()
        if stat(target, &status) == 0 { fchmod(descriptor, status.st_mode & 0o777) }
        return descriptor
    }

    private func failure(_ number: Int32) -> CommandError {
        failure(String(cString: strerror(number)))
    }

    private func failure(_ why: String) -> CommandError {
        CommandError("\(path) can't be written: \(why)", .noOutput)
    }
}
