import Dispatch
import Foundation
import Glibc
import NablaAPI
import NablaClient
import NablaNetworks
import Synchronization
import Testing

/// What SIGTERM does to those who are in the middle of something.
@Suite struct DrainTests {
    /// A check that takes longer than any test waits: 400² parameters, one by one.
    private static func endlessCheck() throws -> CheckRequest {
        let width = 400
        let numbers = [Double](repeating: 0.01, count: width * width)
        let layer = Layer(
            .dense(
                try Dense(
                    weights: Tensor(numbers, shape: [width, width]), bias: nil, activation: .tanh)))
        let row = try Tensor([Double](repeating: 1, count: 64 * width), shape: [64, width])
        return CheckRequest(
            network: .inline(try Network(layers: [layer])), loss: try Loss(.meanSquaredError),
            samples: try Samples(inputs: row, targets: row))
    }

    private static func run() throws -> TrainRequest {
        TrainRequest(
            network: .inline(
                try Network(
                    inputShape: [1],
                    layers: [Layer(.dense(try Dense(units: 1, activation: .identity)))])),
            loss: try Loss(.meanSquaredError),
            samples: try Samples(inputs: Tensor([1.0], shape: [1, 1]), targets: Tensor([1.0])),
            settings: try TrainingSettings(
                optimizer: .sgd(SGD(learningRate: 0.01)), epochs: 100_000_000, batchSize: 1,
                seed: 1))
    }

    @Test func whatWasBegunIsAnsweredAndNothingElse() async throws {
        let served = try ServedProgram()
        let client = served.client
        let body = try Self.run().json()
        // Half of a request, whose other half comes after the signal.
        let half = try PlainConnection(served.address)
        half.send("POST /train HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
        half.send(body.prefix(20))
        let idle = try PlainConnection(served.address)
        idle.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(idle.receive(until: "}").hasPrefix("HTTP/1.1 200"))
        served.signal(SIGTERM)
        #expect(idle.receive().isEmpty)
        #expect(throws: (any Error).self) { try client.health() }
        half.send(body.dropFirst(20))
        let answer = half.receive()
        // It is told that no run begins any more, and that the connection ends.
        #expect(answer.hasPrefix("HTTP/1.1 503"), "\(answer)")
        #expect(answer.contains("Connection: close"))
        #expect(try served.wait().code == 0)
    }

    @Test func whoeverIsNotDoneInTimeIsCut() throws {
        let served = try ServedProgram(
            environment: [
                "NABLA_SHUTDOWN_SECONDS": "1", "NABLA_HTTP_BODY_SECONDS": "600",
                "NABLA_LIMITS_CHECK_PRODUCTS": "\(Int.max)",
            ])
        let client = served.client
        let check = try Self.endlessCheck()
        // On a thread of its own, for other tests may keep those that tasks run on.
        let caller = DispatchGroup()
        let outcome = Mutex<Result<CheckResponse, ClientError>?>(nil)
        DispatchQueue(label: "caller").async(group: caller) {
            do throws(ClientError) {
                let answer = try client.check(check)
                outcome.withLock { $0 = .success(answer) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
        }
        let silent = try PlainConnection(served.address)
        silent.send("POST /train HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        try waitUntil("the worker to be busy") {
            try served.metric("nabla_pool_workers_busy{pool=\"compute\"}") ?? 0 > 0
        }
        let start = ContinuousClock.now
        let result = try served.end()
        #expect(result.code == 0)
        // The second, and what a machine that is busy with other tests needs beside it.
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(silent.receive().isEmpty)
        caller.wait()
        #expect(throws: ClientError.self) { try outcome.withLock(\.self)?.get() }
    }

    @Test func streamsHearOfTheEndAndTheRunKeepsItsNetwork() throws {
        let folder = try TemporaryFolder()
        let data = folder.file("data")
        let served = try ServedProgram(data: data)
        let run = try served.client.train(Self.run())
        let stream = try PlainConnection(served.address)
        stream.send("GET \(Path.run(run.id, .events)) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(stream.receive(until: "event: metrics").hasPrefix("HTTP/1.1 200"))
        try served.expectGoodEnd()
        let rest = stream.receive()
        let end = rest.components(separatedBy: "event: end").last ?? ""
        #expect(end.contains(#""status":"interrupted""#), "\(rest.suffix(500))")
        // The last chunk, so that the reader knows that nothing is missing.
        #expect(rest.hasSuffix("\r\n0\r\n\r\n"))
        let again = try ServedProgram(data: data)
        // It goes on by itself.
        let kept = try again.client.run(run.id)
        #expect(!kept.status.isEnded)
        #expect(kept.progress.epoch > 0)
        let trained = try again.client.network(ofRun: run.id, as: .float32)
        #expect(trained.parameterCount == 2)
        try again.expectGoodEnd()
    }
}
