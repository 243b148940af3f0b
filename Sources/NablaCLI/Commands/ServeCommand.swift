import ArgumentParser
import Logging
import NablaService

/// `nabla serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer requests until SIGTERM or SIGINT.",
        discussion: """
            Settings come from flags, then the environment (NABLA_…), then the file named by \
            --config. config/nabla.example.yaml lists them all.
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        try await ServeCommand.serve(options.reader)
    }

    /// Serves with these settings until a signal asks for the end.
    nonisolated(nonsending) static func serve(_ reader: SettingsReader) async throws {
        // A signal that comes before the service has begun ends it as soon as it has.
        let stop = StopSignals()
        let settings = try await reader.read()
        var logger = settings.logFormat.logger
        logger.logLevel = settings.logLevel
        let service = try Service(settings: settings.service) {
            [logger, level = settings.logLevel] event in
            // Most events are of no interest, and come with every request.
            guard event.level >= level else { return }
            event.log(to: logger)
        }
        let addresses = try service.start()
        for address in addresses { print("nabla listens on \(address)") }
        await stop.wait()
        service.stop()
    }
}
