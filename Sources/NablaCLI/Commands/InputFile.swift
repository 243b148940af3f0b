import ArgumentParser
import Foundation
import NablaAPI

/// A text that is read from a file, or from standard input for `-`.
struct InputFile: ExpressibleByArgument {
    let path: String
    /// Whether it is standard input.
    let isStandardInput: Bool

    init(argument: String) {
        path = argument
        isStandardInput = argument == "-"
    }

    /// A file, whatever its path.
    init(path: String) {
        self.path = path
        isStandardInput = false
    }

    static let defaultCompletionKind = CompletionKind.file()

    /// What messages call it.
    var name: String { isStandardInput ? "standard input" : path }

    /// Whether it has that extension, in any case.
    func hasExtension(_ name: String) -> Bool { path.lowercased().hasSuffix("." + name) }

    /// The whole text.
    ///
    /// - Throws: `CommandError` when it can't be read.
    func read() throws(CommandError) -> [UInt8] {
        let descriptor = isStandardInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: !isStandardInput)
        var status = stat()
        guard fstat(descriptor, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
            throw failure("it is a folder")
        }
        do {
            return Array(try file.readToEnd() ?? Data())
        } catch {
            throw failure(error.localizedDescription)
        }
    }

    private func failure(_ why: String) -> CommandError {
        CommandError("\(name) can't be read: \(why)", .noInput)
    }
}

extension Problem {
    /// Runs `body`, which reads a file, and tells a problem of it with the file's name.
    static func inFile<Value>(_ file: InputFile, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let problem as Problem {
            let place = problem.pointer.map { " (at \($0.isEmpty ? "the root" : $0))" } ?? ""
            throw CommandError("\(file.name): \(problem.detail)\(place)", .data)
        }
    }
}
