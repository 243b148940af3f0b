import Foundation
import Glibc

/// The built program, run as a process of its own.
final class Program {
    /// How a process ended, and what it printed.
    struct Result {
        /// The exit code; nil where a signal ended it.
        let code: Int32?
        let output: String
        let errors: String

        /// The lines on standard error.
        var errorLines: [Substring] { errors.split(separator: "\n") }
    }

    /// Its id.
    let process: pid_t
    private let folder: TemporaryFolder
    private var result: Result?

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - arguments: What stands behind its name.
    ///   - environment: What the environment has beside what these tests run in; no other name in it
    ///     begins with `NABLA_`.
    ///   - input: What it reads on standard input.
    ///   - openFiles: Its limits; this process's own by default.
    ///   - launcher: What it is started by, with its name and arguments behind; by default it starts alone.
    ///   - terminal: The path of a terminal that gets its standard output; by default a file does.
    /// - Throws: `TestFailure` when it can't be started.
    init(
        _ arguments: [String], environment: [String: String] = [:], input: String = "",
        openFiles: (soft: Int, hard: Int)? = nil, launcher: [String] = [], terminal: String? = nil
    ) throws {
        folder = try TemporaryFolder()
        try input.write(toFile: folder.file("in"), atomically: false, encoding: .utf8)
        process = try Program.spawn(
            arguments, environment: environment,
            files: [folder.file("in"), terminal ?? folder.file("out"), folder.file("err")],
            openFiles: openFiles, launcher: launcher)
    }

    deinit {
        guard result == nil else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: String..., environment: [String: String] = [:], input: String = ""
    ) throws -> Result {
        try Program(arguments, environment: environment, input: input).wait()
    }

    /// What it has printed on standard output so far.
    var output: String { (try? String(contentsOfFile: folder.file("out"), encoding: .utf8)) ?? "" }

    /// What it has printed on standard error so far.
    var errors: String { (try? String(contentsOfFile: folder.file("err"), encoding: .utf8)) ?? "" }

    /// Sends it a signal.
    func signal(_ number: Int32) {
        kill(process, number)
    }

    /// Whether it has ended.
    var hasEnded: Bool {
        guard result == nil else { return true }
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == process else { return false }
        // The low seven bits are the signal that ended it, the next byte is the exit code.
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : nil
        result = Result(code: code, output: output, errors: errors)
        return true
    }

    /// Waits for its end.
    ///
    /// - Throws: `TestFailure` when it doesn't come within a minute.
    func wait() throws -> Result {
        try waitUntil("the program to end") { hasEnded }
        guard let result else { throw TestFailure("the program ended without a result") }
        return result
    }
}

extension Program {
    /// The program that was built with these tests, which lies beside them.
    private static var path: String {
        get throws {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return URL(fileURLWithPath: tests).deletingLastPathComponent()
                .appending(path: "nabla").path
        }
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], files: [String],
        openFiles: (soft: Int, hard: Int)?, launcher: [String]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, files[0], O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files[1], O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, files[2], O_WRONLY | O_CREAT, 0o600)
        // Sockets of tests that run beside this one would be kept open by the program.
        for file in 3..<Int32(1024) { posix_spawn_file_actions_addclose(&actions, file) }
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("NABLA_") }
        let variables = inherited.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var command = launcher + [try path] + arguments
        if let (soft, hard) = openFiles {
            let limiting = "ulimit -Sn \(soft) && ulimit -Hn \(hard) && exec \"$0\" \"$@\""
            command = ["/bin/sh", "-c", limiting] + command
        }
        let program = command[0]
        var argv = command.map { strdup($0) } + [nil]
        var envp = variables.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let error = posix_spawn(&process, program, &actions, nil, &argv, &envp)
        guard error == 0 else {
            throw TestFailure("\(program) can't be started: \(String(cString: strerror(error)))")
        }
        return process
    }
}

/// A folder that is removed when nobody needs it any more.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "nabla-cli-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in it.
    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file and gives its path.
    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: false, encoding: .utf8)
        return file(name)
    }

    /// Whether it holds a file or folder of that name.
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
}

/// Looks again and again, for a minute at most.
func waitUntil(_ what: String, _ isSo: () throws -> Bool) throws {
    for _ in 0..<6000 {
        if try isSo() { return }
        usleep(10_000)
    }
    throw TestFailure("waited too long for \(what)")
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
