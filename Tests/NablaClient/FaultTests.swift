import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import NablaSockets
import Testing

/// The client over connections that break: no call hangs, none is done twice.
@Suite struct FaultTests {
    private func withProxy(
        seed: UInt64,
        _ body: (_ through: Client, _ direct: Client, FaultyProxy) async throws -> Void
    ) async throws {
        try await withService { server in
            let direct = Client(ClientConfiguration(server: server))
            let proxy = try FaultyProxy(to: try servicePort(server), seed: seed)
            defer { proxy.stop() }
            let through = Client(
                ClientConfiguration(
                    server: "http://127.0.0.1:\(proxy.port)", totalMilliseconds: 30_000,
                    stallSeconds: 1,
                    retries: Retries(attempts: 40, baseMilliseconds: 1, longestMilliseconds: 1000)))
            try await body(through, direct, proxy)
        }
    }

    private func network() throws -> NetworkSource {
        let dense = try Dense(
            weights: Tensor([0.5, -0.5], shape: [1, 2]), bias: Tensor([0.1]), activation: .sigmoid)
        return .inline(try Network(inputShape: [2], layers: [Layer(.dense(dense))]))
    }

    private func samples() throws -> Samples {
        try Samples(inputs: Tensor([1.0, 2], shape: [1, 2]), targets: Tensor([1.0]))
    }

    private func training(named name: String, epochs: Int = 1) throws -> TrainRequest {
        TrainRequest(
            network: try network(), loss: try Loss(.binaryCrossEntropy), samples: try samples(),
            settings: try TrainingSettings(
                optimizer: .adam(Adam(learningRate: 0.05)), epochs: epochs, batchSize: 1),
            name: name)
    }

    /// One of several kinds of calls; gives the error it ended with.
    private func call(_ number: Int, _ client: Client) async throws -> ClientError? {
        let gradients = GradientsRequest(
            network: try network(), loss: try Loss(.binaryCrossEntropy), samples: try samples())
        do throws(ClientError) {
            switch number % 5 {
            case 0: _ = try await client.train(self.request(number))
            case 1: _ = try await client.gradients(gradients)
            case 2: _ = try await client.runs()
            case 3: try await client.put(dataset: self.rows(), named: "rows-\(number)")
            default: _ = try await client.health()
            }
            return nil
        } catch {
            return error
        }
    }

    private func request(_ number: Int) throws(ClientError) -> TrainRequest {
        do {
            return try training(named: "run-\(number)")
        } catch {
            throw .unexpected(status: 0, detail: "\(error)")
        }
    }

    private func rows() throws(ClientError) -> Samples {
        do {
            return try samples()
        } catch {
            throw .unexpected(status: 0, detail: "\(error)")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [1, 2] as [UInt64])
    func noCallHangsAndNoneIsDoneTwice(_ seed: UInt64) async throws {
        try await withProxy(seed: seed) { through, direct, proxy in
            let numbers = Array(0..<200)
            let errors = try await withThrowingTaskGroup(of: (Int, ClientError?).self) { group in
                for number in numbers {
                    group.addTask { (number, try await call(number, through)) }
                }
                return try await group.reduce(into: [Int: ClientError]()) { $0[$1.0] = $1.1 }
            }
            #expect(proxy.faults > 20)
            #expect(proxy.kinds == Set(FaultyProxy.Fault.allCases))
            var query = RunsQuery()
            query.limit = 100
            let names = try await direct.runs(query).runs.compactMap(\.name)
            #expect(Set(names).count == names.count, "\(names.sorted())")
            for number in numbers where number % 5 == 0 && errors[number] == nil {
                #expect(names.contains("run-\(number)"))
            }
            // So often tried, hardly any call is lost.
            #expect(errors.count < numbers.count / 10, "\(errors)")
        }
    }

    @Test(.timeLimit(.minutes(5))) func blockingCallsComeBackAndAreDoneOnce() async throws {
        try await withProxy(seed: 4) { through, direct, proxy in
            let request = try training(named: "blocking")
            // On a thread of its own, for other tests need those that tasks run on.
            let ids = try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(
                        with: Result {
                            // Each a connection of its own, so that each may meet a fault.
                            try (0..<50).map { _ in
                                try Client(through.configuration).train(request).id
                            }
                        })
                }
            }
            #expect(proxy.faults > 5)
            var query = RunsQuery()
            query.limit = 100
            // Each answer tells of a run of its own, and there are no others.
            #expect(try await direct.runs(query).runs.map(\.id).sorted() == ids.sorted())
            #expect(Set(ids).count == 50)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aStreamGoesOnWhereItBrokeOff() async throws {
        try await withProxy(seed: 3) { through, direct, proxy in
            let run = try await direct.train(training(named: "watched", epochs: 300))
            // Each on a connection of its own, until some were broken.
            repeat {
                var epochs: [Int] = []
                var ends = 0
                for try await event in Client(through.configuration).events(ofRun: run.id) {
                    switch event.content {
                    case .metrics(let epoch, _, _): epochs.append(epoch)
                    case .end: ends += 1
                    default: break
                    }
                }
                #expect(epochs == Array(1...300))
                #expect(ends == 1)
            } while proxy.faults < 5
        }
    }

    @Test func aUnixSocketIsReached() async throws {
        let path = NSTemporaryDirectory() + "/n-\(UUID().uuidString.prefix(8)).sock"
        try await withService({ $0.server.addresses = [try ListenAddress("unix:\(path)")] }) {
            server in
            #expect(server == "unix:\(path)")
            let client = Client(ClientConfiguration(server: server))
            let health = try await client.health()
            #expect(health.status == "ok")
        }
    }
}
