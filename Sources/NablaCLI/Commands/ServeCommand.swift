import ArgumentParser
import Dispatch
import Foundation
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
    static func serve(_ reader: SettingsReader) async throws {
        let settings = try await reader.read()
        var logger = settings.logFormat.logger
        logger.logLevel = settings.logLevel
        // A signal that comes before the service has begun ends it as soon as it has.
        async let signals = StopSignals()
        let service = try Service(settings: settings.service) {
            [logger, level = settings.logLevel] event in
            // Most events are of no interest, and come with every request.
            guard event.level >= level else { return }
            event.log(to: logger)
        }
        let stop = await signals
        let addresses = try service.start()
        for address in addresses { print("nabla listens on \(address)") }
        await stop.wait()
        service.stop()
    }
}

/// The signals that ask the program to end: SIGTERM and SIGINT.
struct StopSignals {
    /// Gets each of them, as long as this value lives.
    let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    /// Returns once the sources hear of signals.
    init() async {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.stream = stream
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGTERM, SIGINT] {
            // The default action would end the process before the source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            // Dispatch begins to listen on a thread of its own; a signal before that would be lost.
            await withCheckedContinuation { isListening in
                source.setRegistrationHandler { isListening.resume() }
                source.resume()
            }
            sources.append(source)
        }
        self.sources = sources
    }

    /// Waits for the first of them.
    func wait() async {
        var iterator = stream.makeAsyncIterator()
        await iterator.next()
    }
}
