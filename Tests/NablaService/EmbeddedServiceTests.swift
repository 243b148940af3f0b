import Foundation
import NablaAPI
import NablaNetworks
import Testing

@testable import NablaService

/// The service without a server.
@Suite struct EmbeddedServiceTests {
    private static func request(epochs: Int, name: String = "one") -> [UInt8] {
        Array(
            """
            {"network": {"input_shape": [1], "layers": [{"units": 1}]}, "epochs": \(epochs),
             "name": "\(name)", "loss": "mean_squared_error",
             "samples": {"inputs": [[1], [2]], "targets": [1, 3]}}
            """.utf8)
    }

    /// The prediction of a network that multiplies 1 by a weight.
    private static func product(of weight: Int) -> [UInt8] {
        Array(#"{"network": {"layers": [{"weights": [[\#(weight)]]}]}, "inputs": [[1]]}"#.utf8)
    }

    /// Runs `body` with a service that is closed then.
    private func withService(_ body: (EmbeddedService) async throws -> Void) async throws {
        let service = try EmbeddedService()
        defer { service.close() }
        try await body(service)
    }

    @Test func everyEpochIsToldOnceInItsOrderAndThenTheEnd() async throws {
        try await withService { service in
            let (run, events) = try service.train(Self.request(epochs: 3000))
            var (epochs, ends): ([Int], [Run]) = ([], [])
            for await event in events where event.run == run.id {
                switch event.event.content {
                case .metrics(let epoch, _, _): epochs.append(epoch)
                case .end(let ended): ends.append(ended)
                case .progress, .checkpoint: continue
                }
                #expect(ends.isEmpty || epochs.count == 3000)
            }
            #expect(epochs == Array(1...3000))
            #expect(ends.map(\.status) == [.succeeded])
            let stored = try Run(parsing: service.answer("GET", Path.run(run.id)))
            #expect(stored.latest == ends.first?.latest && stored.progress.epoch == 3000)
        }
    }

    @Test func aRunEndsWhenItIsAskedTo() async throws {
        try await withService { service in
            let (run, events) = try service.train(Self.request(epochs: 100_000_000))
            _ = try service.answer("POST", Path.run(run.id, .cancel))
            var status: RunStatus?
            for await event in events {
                if case .end(let ended) = event.event.content { status = ended.status }
            }
            #expect(status == .cancelled)
        }
    }

    @Test func aRefusedRunIsAProblem() async throws {
        try await withService { service in
            let error = #expect(throws: Problem.self) { try service.train(Array("{}".utf8)) }
            #expect(error?.kind == .missingField)
        }
    }

    @Test func whatNeedsAServerIsRefused() async throws {
        try await withService { service in
            let missing = #expect(throws: Problem.self) { try service.answer("GET", "/nothing") }
            #expect(missing?.kind == .notFound)
            let stream = #expect(throws: Problem.self) { try service.answer("GET", Path.events) }
            #expect(stream?.kind == .notImplemented)
            let head = #expect(throws: Problem.self) { try service.answer("GET", "no path") }
            #expect(head?.kind == .malformedRequest)
        }
    }

    @Test func manyCallersAtOnceGetTheirOwnAnswers() async throws {
        let service = try EmbeddedService(callers: 4)
        defer { service.close() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for weight in 0..<200 {
                group.addTask {
                    let answer = try service.answer(
                        "POST", Path.predict, body: Self.product(of: weight))
                    let outputs = try PredictResponse(parsing: answer, as: .float64).outputs
                    return outputs.values(as: Double.self) == [Double(weight)]
                }
            }
            for try await isOwn in group { #expect(isOwn) }
        }
    }
}
