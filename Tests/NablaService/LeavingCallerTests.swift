import NablaAPI
import NablaClient
import NablaNetworks
import NablaSockets
import Testing

@testable import NablaService

/// Callers that go away while a worker is at what they asked for: it stops, and is free again.
///
/// Each request would keep the worker for minutes, longer than a test waits.
@Suite struct LeavingCallerTests {
    private func expectCancelled(
        _ request: @escaping @Sendable (Client) async throws -> Void
    ) async throws {
        let bench = try Workbench(workers: 1, limits: TrainingLimits())
        defer { bench.clear() }
        var settings = Settings()
        settings.checkProducts = .max
        let router = Router(
            settings: settings, store: bench.store, pool: bench.pool, scheduler: bench.scheduler,
            isDraining: Flag())
        let pipeline = Pipeline(
            router: router, pool: bench.pool, storagePool: bench.pool,
            identifiers: bench.identifiers, inlineBytes: 4096, loops: 1,
            onEvent: bench.events.add)
        let server = Server(
            configuration: ServerConfiguration(addresses: [try ListenAddress("127.0.0.1:0")]),
            handler: pipeline)
        let address = try #require(try server.start().first)
        defer { server.shutDown(within: .seconds(10)) }
        let client = Client(ClientConfiguration(server: "http://\(address)"))
        let task = Task { try await request(client) }
        try waitUntil("the worker to be busy") { bench.pool.load.busy == 1 }
        task.cancel()
        try waitUntil("the worker to be free") { bench.pool.load.busy == 0 }
        let result = await task.result
        #expect(throws: ClientError.cancelled) { try result.get() }
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
}
