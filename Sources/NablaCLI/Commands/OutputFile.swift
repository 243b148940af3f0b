import ArgumentParser
import Foundation

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
            // Written is another file, which then takes its place.
            var probe = Array((folder + "/.nabla-XXXXXX").utf8CString)
            let descriptor = mkstemp(&probe)
            guard descriptor >= 0 else { throw failure(errno) }
            close(descriptor)
            unlink(probe)
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
            do {
                try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw failure(error.localizedDescription)
            }
        }
    }

    /// Writes into what is there: a file in the place of a device would be of no use to anybody.
    private func writeThrough(_ bytes: [UInt8]) throws(CommandError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        if let number = writeAll(bytes, to: descriptor) { throw failure(number) }
    }

    private var folder: String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    private func failure(_ number: Int32) -> CommandError {
        failure(String(cString: strerror(number)))
    }

    private func failure(_ why: String) -> CommandError {
        CommandError("\(path) can't be written: \(why)", .noOutput)
    }
}
