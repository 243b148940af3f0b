import ArgumentParser
import Foundation
import NablaClient

/// Which service a command talks to.
struct ServerOptions: ParsableArguments {
    @Option(help: "The service's address (default: $NABLA_SERVER, else http://127.0.0.1:8080).")
    var server: String?

    /// Calls that service, with the token in $NABLA_TOKEN: as an argument, `ps` would show it.
    ///
    /// - Throws: `CommandError` that says what to do when nobody answers there; else what `body` throws.
    func call<Value>(_ body: (Client) async throws -> Value) async throws -> Value {
        do {
            let token = ProcessInfo.processInfo.environment["NABLA_TOKEN"]
            return try await body(
                Client(
                    ClientConfiguration(
                        server: address, token: token?.isEmpty == true ? nil : token)))
        } catch ClientError.connection(let detail) {
            throw CommandError(
                "no service answers at \(address) (\(detail)); start one with `nabla serve`, "
                    + "or name another with --server or NABLA_SERVER")
        }
    }

    private var address: String {
        ServerOptions.completed(
            server ?? ProcessInfo.processInfo.environment["NABLA_SERVER"]
                ?? ClientConfiguration().server)
    }

    /// Takes `host:port` for `http://host:port`, and leaves the slash at the end away.
    private static func completed(_ address: String) -> String {
        let whole = address.contains("://") ? address : "http://" + address
        return whole.hasSuffix("/") ? String(whole.dropLast()) : whole
    }
}

/// A text that is read from a file, or from standard input for `-`.
struct InputFile: ExpressibleByArgument {
    let path: String

    init?(argument: String) {
        path = argument
    }

    /// The whole text.
    ///
    /// - Throws: `CommandError` when it can't be read.
    func read() throws -> [UInt8] {
        if path == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw CommandError("\(path) can't be read: \(error.localizedDescription)")
        }
    }
}
