import ArgumentParser
import Foundation
import NablaAPI
import NablaClient
import NablaService

/// Where a command computes that needs no service.
struct ComputationOptions: ParsableArguments {
    @Option(
        help: "The service's address (default: $NABLA_SERVER, else none: this process computes).")
    var server: String?

    @Flag(help: "Compute in this process, also where $NABLA_SERVER names a service.")
    var embedded = false

    func validate() throws {
        guard !embedded || server == nil else {
            throw ValidationError("--embedded and --server exclude each other")
        }
    }

    /// Whether this process computes.
    var isEmbedded: Bool { embedded || ServerOptions.named(server) == nil }

    /// Computes where the options say.
    ///
    /// In this process the bounds are those that `nabla serve` would have.
    ///
    /// - Parameters:
    ///   - callers: How many threads are going to compute at the same time.
    ///   - body: Computes.
    /// - Returns: What `body` gives.
    /// - Throws: `CommandError` when no service answers, or a setting is wrong; else what `body` throws.
    func compute<Value>(
        callers: Int = 1, _ body: (Computation) async throws -> Value
    ) async throws -> Value {
        if !embedded, let server = ServerOptions.named(server) {
            return try await ServerOptions.call(server) { try await body(.service($0)) }
        }
        let environment = ProcessInfo.processInfo.environment
        let settings = try await SettingsReader(
            flags: [:], environment: environment, file: environment["NABLA_CONFIG"]
        ).read()
        let service: EmbeddedService
        do {
            service = try EmbeddedService(settings: settings.service, callers: callers)
        } catch {
            throw CommandError(error.description, .noOutput)
        }
        defer { service.close() }
        do {
            return try await body(.embedded(service))
        } catch let problem as Problem {
            // Told in the same words as a service's.
            throw ClientError.problem(problem)
        }
    }
}
