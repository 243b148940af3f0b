import ArgumentParser
import NablaClient

/// `nabla health`: what a container's HEALTHCHECK runs.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Check that the service is alive: exit 0 when it is, 1 when it isn't.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        do {
            print(try await options.call { try await $0.health().status })
        } catch {
            // What a HEALTHCHECK may end with is 0 or 1, whatever the reason.
            throw CommandError("\(error)")
        }
    }
}
