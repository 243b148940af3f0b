import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import NablaSockets
import Synchronization
import Testing

/// Readers of event streams while the service that they follow is stopped and started again.
@Suite struct StreamRestartTests {
    /// Services of one data folder and one unix socket, one after another.
    private final class Restarts: Sendable {
        let server: String
        private let settings: Settings
        private let running = Mutex<Service?>(nil)

        init() throws {
            let name = NSTemporaryDirectory() + "/n-\(UUID().uuidString.prefix(8))"
            server = "unix:\(name).sock"
            var settings = Settings()
            settings.server.addresses = [try ListenAddress(server)]
            settings.dataDirectory = name
            self.settings = settings
        }

        deinit { try? FileManager.default.removeItem(atPath: settings.dataDirectory) }

        func start() throws {
            let service = try Service(settings: settings, onEvent: { _ in })
            _ = try service.start()
            running.withLock { $0 = service }
        }

        func stop() { running.withLock { $0.take() }?.stop() }

        /// Longer than a call is tried again.
        func restart() async throws {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    self.stop()
                    sleep(1)
                    continuation.resume(with: Result { try self.start() })
                }
            }
        }
    }

    /// A run of slow epochs without an end.
    private func training() throws -> TrainRequest {
        let (width, count) = (64, 256)
        return TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [width],
                    layers: [Layer(.dense(try Dense(units: width, activation: .tanh)))])),
            loss: try Loss(.meanSquaredError),
            samples: try Samples(
                inputs: Tensor(
                    [Double](repeating: 0.5, count: count * width), shape: [count, width]),
                targets: Tensor(
                    [Double](repeating: 0.25, count: count * width), shape: [count, width])),
            settings: try TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.01)), epochs: 1_000_000, batchSize: 16,
                seed: 1))
    }

    /// What readers got of each run.
    private final class Course: Sendable {
        private let events = Mutex<[String: [RunEvent.Content]]>([:])
        private let isOver = Mutex(false)

        func note(_ content: RunEvent.Content, of run: String) {
            events.withLock { $0[run, default: []].append(content) }
        }

        func close() { isOver.withLock { $0 = true } }

        func epochs(of run: String) -> [Int] {
            events.withLock { events in (events[run] ?? []).compactMap { RunEvent($0).id } }
        }

        func ends(of run: String) -> [RunStatus] {
            events.withLock { events in
                (events[run] ?? []).compactMap { content in
                    if case .end(let run) = content { run.status } else { nil }
                }
            }
        }

        /// Waits until a reader is so many epochs further, or reads no more.
        func wait(for epochs: Int, of run: String) async throws {
            let known = self.epochs(of: run).count
            while self.epochs(of: run).count < known + epochs, !isOver.withLock(\.self) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Restarts the service of runs that are followed, and ends them some epochs later.
    private func follow(
        runs count: Int,
        _ read: @escaping @Sendable (Client, [String], Course) async throws -> Void
    ) async throws {
        let service = try Restarts()
        try service.start()
        defer { service.stop() }
        let client = Client(ClientConfiguration(server: service.server))
        var runs: [String] = []
        for _ in 0..<count { runs.append(try await client.train(training()).id) }
        let course = Course()
        let reader = Task { [runs] in
            defer { course.close() }
            try await read(client, runs, course)
        }
        for run in runs { try await course.wait(for: 3, of: run) }
        try await service.restart()
        for run in runs { try await course.wait(for: 3, of: run) }
        for run in runs { _ = try await client.cancel(run: run) }
        try await reader.value
        for run in runs {
            let epochs = course.epochs(of: run)
            #expect(epochs.first == 1 && epochs.last == epochs.count)
            #expect(zip(epochs, epochs.dropFirst()).allSatisfy { $1 == $0 + 1 })
            #expect(course.ends(of: run) == [.cancelled])
        }
    }

    @Test(.timeLimit(.minutes(5))) func aRunIsFollowedAcrossARestart() async throws {
        try await follow(runs: 1) { client, runs, course in
            for try await event in client.events(ofRun: runs[0]) {
                course.note(event.content, of: runs[0])
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func manyRunsAreFollowedAcrossARestart() async throws {
        try await follow(runs: 2) { client, runs, course in
            for try await event in client.events(ofRuns: runs) {
                course.note(event.event.content, of: event.run)
            }
        }
    }
}
