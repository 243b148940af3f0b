import Glibc
import NablaAPI
import NablaClient
import NablaCore
import NablaNetworks
import NablaSockets
import Testing

@testable import NablaService

/// Callers that go away while a worker is at what they asked for: it stops, and is free again.
///
/// Each request would keep the worker for minutes, longer than a test waits.
@Suite struct LeavingCallerTests {
    private func expectCancelled(
        after time: Duration = .zero, through own: Router? = nil,
        _ request: @escaping @Sendable (Client) async throws -> Void
    ) async throws {
        let bench = try Workbench(workers: 1, limits: TrainingLimits())
        defer { bench.clear() }
        var settings = Settings()
        settings.checkProducts = .max
        let router =
            own
            ?? Router(
                settings: settings, store: bench.store, pool: bench.pool,
                scheduler: bench.scheduler, isDraining: Flag())
        let pipeline = Pipeline(
            router: router, gate: try Gate(store: bench.store, limit: RateLimit()),
            pool: bench.pool, storagePool: bench.pool, identifiers: bench.identifiers,
            inlineBytes: 4096, loops: 1, onEvent: bench.events.add)
        let server = Server(
            configuration: ServerConfiguration(addresses: [try ListenAddress("127.0.0.1:0")]),
            handler: pipeline)
        let address = try #require(try server.start().first)
        defer { server.shutDown(within: .seconds(10)) }
        let client = Client(ClientConfiguration(server: "http://\(address)"))
        let task = Task { try await request(client) }
        try await waitUntil("the worker to be busy") { bench.pool.load.busy == 1 }
        try await Task.sleep(for: time)
        task.cancel()
        try await waitUntil("the worker to be free") { bench.pool.load.busy == 0 }
        let result = await task.result
        #expect(throws: ClientError.cancelled) { try result.get() }
    }

    /// Looks again and again, but not for ever, and leaves the thread to others meanwhile: there may
    /// be no more threads for tasks than there are of these tests.
    private func waitUntil(_ what: String, _ isSo: () -> Bool) async throws {
        for _ in 0..<120_000 {
            if isSo() { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw TestFailure("waited too long for \(what)")
    }

    @Test func aCheckIsCancelled() async throws {
        let width = 600
        let numbers = [Double](repeating: 0.01, count: width * width)
        let network = try Network(layers: [
            Layer(
                .dense(
                    Dense(
                        weights: Tensor(numbers, shape: [width, width]), bias: nil,
                        activation: .tanh)))
        ])
        let row = try Tensor([Double](repeating: 1, count: width), shape: [1, width])
        let request = CheckRequest(
            network: .inline(network), loss: try Loss(.meanSquaredError),
            samples: try Samples(inputs: row, targets: row))
        try await expectCancelled { client in _ = try await client.check(request) }
    }

    @Test func aLargeGradientIsCancelled() async throws {
        let (count, units) = (1_000_000, 200)
        let dense = { (rows: Int, columns: Int) in
            let weights = try Tensor(
                [Double](repeating: 0.01, count: rows * columns), shape: [rows, columns])
            return Layer(.dense(try Dense(weights: weights, bias: nil, activation: .tanh)))
        }
        let inner = try (0..<16).map { _ in try dense(units, units) }
        let network = try Network(layers: [dense(units, 1)] + inner + [dense(1, units)])
        let numbers = try Tensor([Double](repeating: 1, count: count), shape: [count, 1])
        let request = GradientsRequest(
            network: .inline(network), loss: try Loss(.meanSquaredError),
            samples: try Samples(inputs: numbers, targets: numbers), encoding: .base64)
        // It is read by then, and at its first of thousands of blocks or beyond.
        try await expectCancelled(after: .seconds(1)) { client in
            _ = try await client.gradients(request)
        }
    }

    /// A call that the loop takes up and hands on, for three minutes of work.
    private struct HandedOn: Endpoint {
        let place = Place.loopOrWorker
        let scope: Scope? = nil

        func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
            .onWorker { call, _ throws(Problem) in
                for _ in 0..<180_000 where !call.isCancelled { usleep(1000) }
                throw Problem(.cancelled, "the caller went away")
            }
        }
    }

    @Test func whatTheLoopHandsOnIsCancelled() async throws {
        let router = Router(
            fixed: [Path.gradients: [.post: HandedOn()]], run: [:], runParts: [:])
        let one = try Tensor([1], shape: [1, 1])
        let request = GradientsRequest(
            network: .inline(
                try Network(layers: [
                    Layer(.dense(Dense(weights: one, bias: nil, activation: .tanh)))
                ])),
            loss: try Loss(.meanSquaredError), samples: try Samples(inputs: one, targets: one))
        try await expectCancelled(through: router) { client in
            _ = try await client.gradients(request)
        }
    }

    @Test func aBatchIsCancelled() async throws {
        // Few numbers that make many: n samples through u units.
        let (count, units) = (1000, 1000)
        let ones = { (count: Int) in [Double](repeating: 1, count: count) }
        let network = try Network(layers: [
            Layer(
                .dense(
                    Dense(
                        weights: Tensor(ones(units), shape: [units, 1]), bias: nil,
                        activation: .gelu))),
            Layer(
                .dense(
                    Dense(
                        weights: Tensor(ones(units), shape: [1, units]), bias: nil,
                        activation: .identity))),
        ])
        let request = GradientsRequest(
            network: .inline(network), loss: try Loss(.meanSquaredError),
            samples: try Samples(
                inputs: Tensor(ones(count), shape: [count, 1]),
                targets: Tensor(ones(count), shape: [count, 1])),
            encoding: .base64)
        try await expectCancelled { client in
            _ = try await client.gradients(
                batch: [GradientsRequest](repeating: request, count: 300))
        }
    }
}
