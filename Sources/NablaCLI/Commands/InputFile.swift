import ArgumentParser
import Foundation
import NablaAPI

/// A text that is read from a file, or from standard input for `-`.
struct InputFile: ExpressibleByArgument {
    let path: String

    init?(argument: String) {
        path = argument
    }

    static let defaultCompletionKind = CompletionKind.file()

    /// Whether it is standard input.
    var isStandardInput: Bool { path == "-" }

    /// Whether it has that extension, in any case.
    func hasExtension(_ name: String) -> Bool { path.lowercased().hasSuffix("." + name) }

    /// The whole text.
    ///
    /// - Throws: `CommandError` when it can't be read.
    func read() throws -> [UInt8] {
        if isStandardInput { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw CommandError("\(path) can't be read: \(error.localizedDescription)", .noInput)
        }
    }
}

extension Problem {
    /// Runs `body`, which reads a file, and tells a problem of it with the file's name.
    static func inFile<Value>(_ file: InputFile, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let problem as Problem {
            let place = problem.pointer.map { " (at \($0.isEmpty ? "the root" : $0))" } ?? ""
            throw CommandError("\(file.path): \(problem.detail)\(place)", .data)
        }
    }
}

/// A file that is written, or standard output for `-`.
struct OutputFile: ExpressibleByArgument {
    let path: String

    init?(argument: String) {
        path = argument
    }

    static let defaultCompletionKind = CompletionKind.file()

    /// Writes the whole file, in place of one that is there.
    ///
    /// - Throws: `CommandError` when it can't be written.
    func write(_ bytes: [UInt8]) throws {
        if path == "-" { return FileHandle.standardOutput.write(Data(bytes)) }
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandError("\(path) can't be written: \(error.localizedDescription)", .noOutput)
        }
    }
}
