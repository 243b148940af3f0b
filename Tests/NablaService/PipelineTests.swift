import Dispatch
import NablaAPI
import NablaClient
import NablaNetworks
import NablaSockets
import Testing

@testable import NablaService

@Suite struct PipelineTests {
    /// Serves the workbench on a free port.
    private func withClient(of bench: Workbench, _ body: (Client) throws -> Void) throws {
        let router = Router(
            settings: Settings(), store: bench.store, pool: bench.pool, scheduler: bench.scheduler,
            isDraining: Flag())
        let pipeline = Pipeline(
            router: router, gate: try Gate(store: bench.store, limit: RateLimit()),
            pool: bench.pool, storagePool: bench.pool, identifiers: bench.identifiers,
            inlineBytes: 4096, loops: 1, onEvent: bench.events.add)
        let server = Server(
            configuration: ServerConfiguration(addresses: [try ListenAddress("127.0.0.1:0")]),
            handler: pipeline)
        let address = try #require(try server.start().first)
        defer { server.shutDown(within: .seconds(10)) }
        let configuration = ClientConfiguration(
            server: "http://\(address)", totalMilliseconds: 60_000, retries: .none)
        try body(Client(configuration))
    }

    /// Runs `body` while the only worker is busy and no request more may wait for it.
    private func withoutWorkers(of bench: Workbench, _ body: () throws -> Void) throws {
        let (begun, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let done = DispatchSemaphore(value: 0)
        #expect(
            bench.pool.submit { _ in
                begun.signal()
                gate.wait()
            })
        try wait(for: begun, "the worker to be busy")
        #expect(bench.pool.submit { _ in done.signal() })
        defer { gate.signal() }
        try body()
        gate.signal()
        try wait(for: done, "the worker to be free")
    }

    private func expect(_ shape: Shape, from request: PredictRequest, _ client: Client) throws {
        let answer = try client.predict(request)
        #expect(answer.outputs.shape == shape)
    }

    private func expectFullQueue(_ body: () throws -> Void) {
        let error = #expect(throws: ClientError.self) { try body() }
        guard case .problem(let problem) = error, problem.kind == .queueFull else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// `count` units with one input and one weight each, and as many samples.
    private func prediction(_ count: Int) throws -> PredictRequest {
        let zeros = try Tensor([Double](repeating: 0, count: count), shape: [count, 1])
        let layer = Layer(.dense(try Dense(weights: zeros, bias: nil, activation: .identity)))
        return PredictRequest(network: .inline(try Network(layers: [layer])), inputs: zeros)
    }

    @Test func aSmallBodyThatNamesARunIsAnsweredByAWorker() throws {
        try withWorkbench(workers: 1, queuedRequests: 1) { bench in
            let run = try bench.submit(.regression())
            #expect(try bench.end(of: run.id).status == .succeeded)
            let source = NetworkSource.run(id: run.id)
            let inputs = try Tensor([Double](repeating: 0.5, count: 8), shape: [1, 8])
            let predict = PredictRequest(network: source, inputs: inputs)
            let gradients = GradientsRequest(
                network: source, loss: try Loss(.meanSquaredError),
                samples: try Samples(inputs: inputs, targets: Tensor([1.0])))
            let light = try prediction(1)
            try withClient(of: bench) { client in
                try withoutWorkers(of: bench) {
                    // Those written out in the request need no worker, which shows what is seen below.
                    try expect([1, 1], from: light, client)
                    expectFullQueue { _ = try client.predict(predict) }
                    expectFullQueue { _ = try client.gradients(gradients) }
                }
                try expect([1, 1], from: predict, client)
                let answer = try client.gradients(gradients)
                #expect(answer.samples == 1)
            }
        }
    }

    @Test func aSmallBodyThatMeansMuchWorkIsAnsweredByAWorker() throws {
        try withWorkbench(workers: 1, queuedRequests: 1) { bench in
            let (light, heavy) = (try prediction(128), try prediction(129))
            #expect(heavy.json().count <= 4096)
            try withClient(of: bench) { client in
                try withoutWorkers(of: bench) {
                    try expect([128, 128], from: light, client)
                    expectFullQueue { _ = try client.predict(heavy) }
                }
                try expect([129, 129], from: heavy, client)
            }
        }
    }
}
