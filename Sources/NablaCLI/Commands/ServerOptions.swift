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
        let named = ServerOptions.named(server) ?? ClientConfiguration().server
        return try await ServerOptions.call(named, body)
    }

    /// The service that an option or the environment names, in that order; nil for none.
    static func named(_ option: String?) -> String? {
        if let option { return option }
        let variable = ProcessInfo.processInfo.environment["NABLA_SERVER"]
        return variable?.isEmpty == true ? nil : variable
    }

    /// Calls the service at an address.
    static func call<Value>(
        _ address: String, _ body: (Client) async throws -> Value
    ) async throws -> Value {
        let address = completed(address)
        let token = ProcessInfo.processInfo.environment["NABLA_TOKEN"]
        var configuration = ClientConfiguration(
            server: address, token: token?.isEmpty == true ? nil : token)
        configuration.streamRetrySeconds =
            try streamRetrySeconds() ?? configuration.streamRetrySeconds
        do {
            return try await body(Client(configuration))
        } catch ClientError.connection(let detail) {
            throw CommandError(
                "no service answers at \(address) (\(detail)); start one with `nabla serve`, "
                    + "or name another with --server or NABLA_SERVER", .unavailable)
        }
    }

    /// How long the environment wants events to be asked for again; nil where it says nothing.
    private static func streamRetrySeconds() throws -> Int? {
        let name = "NABLA_STREAM_RETRY_SECONDS"
        guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else {
            return nil
        }
        guard let seconds = Int(text), (0...86_400).contains(seconds) else {
            throw CommandError(
                "\(name) is \"\(text)\", but must be a whole number from 0 to 86400", .usage)
        }
        return seconds
    }

    /// Takes `host:port` for `http://host:port`, and leaves the slash at the end away; `unix:/path` is
    /// whole.
    private static func completed(_ address: String) -> String {
        guard !address.hasPrefix("unix:") else { return address }
        let whole = address.contains("://") ? address : "http://" + address
        return whole.hasSuffix("/") ? String(whole.dropLast()) : whole
    }
}
