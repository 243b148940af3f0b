import Foundation
import NablaAPI
import NablaClient
import NablaJSON
import NablaNetworks
import Synchronization
import Testing

/// Whether the client library has every call of the contract, blocking and async.
@Suite struct ClientContractTests {
    /// What a server was asked.
    private final class Asked: Sendable {
        private let calls = Mutex<Set<[String]>>([])

        func note(_ method: String, _ path: String) {
            calls.withLock { _ = $0.insert([method, path]) }
        }

        /// Which of the contract's calls there were.
        func operations(of contract: [(method: String, path: String)]) -> Set<String> {
            let calls = calls.withLock(\.self)
            return Set(
                contract.filter { operation in
                    calls.contains { $0[0] == operation.method && matches($0[1], operation.path) }
                }.map { "\($0.method) \($0.path)" })
        }

        private func matches(_ path: String, _ template: String) -> Bool {
            let (parts, names) = (path.split(separator: "/"), template.split(separator: "/"))
            return parts.count == names.count
                && zip(parts, names).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
        }
    }

    private static func withServer(_ body: (Client, Asked) async throws -> Void) async throws {
        let asked = Asked()
        let server = try TestServer(onEvent: { event in
            if case .answered(let request) = event { asked.note(request.method, request.path) }
        })
        defer {
            server.stop()
            try? FileManager.default.removeItem(atPath: server.directory)
        }
        try await body(server.client, asked)
    }

    private static func contract(_ client: Client) async throws -> [(method: String, path: String)]
    {
        let document = try JSONDocument(parsing: try await client.openAPI())
        let paths = try document.root.anyObject().required("paths").anyObject()
        return try paths.flatMap { path, operations in
            try operations.anyObject().map(\.0).filter { $0 != "parameters" }
                .map { (method: $0.uppercased(), path: path) }
        }
    }

    /// Waits for the last answers to be told, which happens after they are sent.
    private static func expectAll(
        _ asked: Asked, _ contract: [(method: String, path: String)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let all = Set(contract.map { "\($0.method) \($0.path)" })
        for _ in 0..<1000 {
            if asked.operations(of: contract) == all { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(asked.operations(of: contract) == all, sourceLocation: sourceLocation)
        #expect(all.count >= 30, sourceLocation: sourceLocation)
    }

    private static func gradients() throws -> GradientsRequest {
        let request = try TrainingTests.request()
        return GradientsRequest(
            network: request.network, loss: request.loss,
            samples: try #require(request.samples.inline))
    }

    @Test func asyncCalls() async throws {
        try await Self.withServer { client, asked in
            let gradients = try Self.gradients()
            let samples = try #require(gradients.samples.inline)
            let run = try await client.train(TrainingTests.request(), waitSeconds: 30)
            let other = try await client.train(TrainingTests.request(), waitSeconds: 30)
            let trained = NetworkSource.run(id: run.id)
            _ = try await client.gradients(
                GradientsRequest(network: trained, loss: gradients.loss, samples: samples))
            _ = try await client.gradients(batch: [gradients])
            _ = try await client.check(
                CheckRequest(network: trained, loss: gradients.loss, samples: samples))
            _ = try await client.predict(PredictRequest(network: trained, inputs: samples.inputs))
            _ = try await client.runs()
            _ = try await client.compare(runs: [run.id, other.id])
            _ = try await client.export()
            _ = try await client.run(run.id)
            _ = try await client.change(run: run.id, RunChange(notes: "seen"))
            _ = try await client.metrics(ofRun: run.id)
            _ = try await client.network(ofRun: run.id, as: .float32)
            _ = try await client.network(ofRun: run.id, epoch: 50, as: .float32)
            _ = try await client.safetensors(ofRun: run.id, epoch: 50)
            for try await _ in client.events(ofRun: run.id) {}
            for try await _ in client.events(ofRuns: [run.id]) {}
            _ = try? await client.cancel(run: run.id)
            _ = try? await client.resume(run: run.id)
            try await client.put(dataset: samples, named: "rows")
            _ = try await client.datasets()
            _ = try await client.dataset("rows")
            try await client.delete(dataset: "rows")
            try await client.put(network: trained, named: "net")
            _ = try await client.networks()
            _ = try await client.network(named: "net", as: .float32)
            let file = try await client.safetensors(ofNetwork: "net")
            try await client.put(safetensors: file, named: "net")
            try await client.delete(network: "net")
            try await client.delete(run: run.id)
            _ = try await client.health()
            _ = try await client.readiness()
            _ = try await client.serviceMetrics()
            _ = try await client.version()
            try await Self.expectAll(asked, Self.contract(client))
        }
    }

    @Test func blockingCalls() async throws {
        try await Self.withServer { client, asked in
            let gradients = try Self.gradients()
            try Self.callAll(client, gradients, TrainingTests.request())
            // Streams have no blocking form.
            for try await _ in client.events(ofRun: try await client.runs().runs[0].id) {}
            for try await _ in client.events(ofRuns: [try await client.runs().runs[0].id]) {}
            try await Self.expectAll(asked, Self.contract(client))
        }
    }

    private static func callAll(
        _ client: Client, _ gradients: GradientsRequest, _ training: TrainRequest
    ) throws {
        let samples = try #require(gradients.samples.inline)
        let run = try client.train(training, waitSeconds: 30)
        let other = try client.train(training, waitSeconds: 30)
        let trained = NetworkSource.run(id: run.id)
        _ = try client.gradients(
            GradientsRequest(network: trained, loss: gradients.loss, samples: samples))
        _ = try client.gradients(batch: [gradients])
        _ = try client.check(
            CheckRequest(network: trained, loss: gradients.loss, samples: samples))
        _ = try client.predict(PredictRequest(network: trained, inputs: samples.inputs))
        _ = try client.runs()
        _ = try client.compare(runs: [run.id, other.id])
        _ = try client.export()
        _ = try client.run(run.id)
        _ = try client.change(run: run.id, RunChange(notes: "seen"))
        _ = try client.metrics(ofRun: run.id)
        _ = try client.network(ofRun: run.id, as: .float32)
        _ = try client.network(ofRun: run.id, epoch: 50, as: .float32)
        _ = try client.safetensors(ofRun: run.id, epoch: 50)
        _ = try? client.cancel(run: run.id)
        _ = try? client.resume(run: run.id)
        try client.put(dataset: samples, named: "rows")
        _ = try client.datasets()
        _ = try client.dataset("rows")
        try client.delete(dataset: "rows")
        try client.put(network: trained, named: "net")
        _ = try client.networks()
        _ = try client.network(named: "net", as: .float32)
        let file = try client.safetensors(ofNetwork: "net")
        try client.put(safetensors: file, named: "net")
        try client.delete(network: "net")
        try client.delete(run: other.id)
        _ = try client.health()
        _ = try client.readiness()
        _ = try client.serviceMetrics()
        _ = try client.openAPI()
        _ = try client.version()
    }
}
