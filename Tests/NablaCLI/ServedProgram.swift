import Foundation
import Glibc
import NablaClient
import Testing

/// `nabla serve` on a free port.
final class ServedProgram {
    /// The folder it was started with.
    let data: String
    /// `127.0.0.1:` and the port that it printed.
    let address: String
    private let program: Program
    private let folder: TemporaryFolder?

    /// Starts it, and waits until it says where it listens.
    ///
    /// - Parameters:
    ///   - data: The folder of its database; one of its own by default.
    ///   - arguments: What is given beside address and folder.
    ///   - environment: What the environment has beside its usual.
    ///   - openFiles: Its limits; this process's own by default.
    ///   - launcher: What it is started by; by default it starts alone.
    /// - Throws: `TestFailure` when it ends before it listens.
    init(
        data: String? = nil, _ arguments: [String] = [], environment: [String: String] = [:],
        openFiles: (soft: Int, hard: Int)? = nil, launcher: [String] = []
    ) throws {
        folder = data == nil ? try TemporaryFolder() : nil
        let directory = data ?? folder?.file("data") ?? ""
        let program = try Program(
            ["serve", "--listen", "127.0.0.1:0", "--data", directory] + arguments,
            environment: environment, openFiles: openFiles, launcher: launcher)
        address = try ServedProgram.address(of: program)
        self.data = directory
        self.program = program
    }

    /// Waits until a program that serves has printed where, and gives that.
    static func address(of program: Program) throws -> String {
        let words = "nabla listens on "
        try waitUntil("the program to listen") {
            if program.hasEnded { throw TestFailure("the program ended: \(program.errors)") }
            return program.output.hasSuffix("\n")
        }
        let line = program.output.split(separator: "\n").first { $0.hasPrefix(words) }
        guard let line else { throw TestFailure("no address in \(program.output)") }
        return String(line.dropFirst(words.count))
    }

    /// A client of it.
    var client: Client {
        Client(ClientConfiguration(server: "http://\(address)", totalMilliseconds: 60_000))
    }

    /// Sends it a signal and waits for its end.
    func end(by signal: Int32 = SIGTERM) throws -> Program.Result {
        program.signal(signal)
        return try program.wait()
    }

    /// Ends it by SIGTERM, and tells what it printed on standard error unless its exit code is 0.
    func expectGoodEnd(at place: SourceLocation = #_sourceLocation) throws {
        let result = try end()
        #expect(result.code == 0, "\(result.errors)", sourceLocation: place)
    }

    /// The id of its process.
    var process: pid_t { program.process }

    /// Sends it a signal.
    func signal(_ number: Int32) { program.signal(number) }

    /// Waits for its end.
    func wait() throws -> Program.Result { try program.wait() }

    /// What it has printed on standard error so far.
    var errors: String { program.errors }

    /// What `/metrics` says now.
    func metrics() throws -> String {
        let connection = try PlainConnection(address)
        connection.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return connection.receive()
    }

    /// A value of `/metrics`, with the labels as they stand there.
    func metric(_ sample: String) throws -> Double? {
        let line = try metrics().split(separator: "\n").first { $0.hasPrefix(sample + " ") }
        return line.flatMap { Double($0.dropFirst(sample.utf8.count + 1)) }
    }
}

/// A file of the repository.
func example(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Examples").appending(path: name).path
}
