import Dispatch
import Foundation
import Loopback
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import NablaSockets
import Testing

/// The client library against a real service: what comes back, and what each failure becomes.
@Suite struct ClientTests {
    private func request() throws -> GradientsRequest {
        let dense = try Dense(
            weights: Tensor([0.5, -0.5], shape: [1, 2]), bias: Tensor([0.1]), activation: .sigmoid)
        return GradientsRequest(
            network: .inline(try Network(layers: [Layer(.dense(dense))])),
            loss: try Loss(.binaryCrossEntropy),
            samples: try Samples(
                inputs: Tensor([1.0, 2], shape: [1, 2]), targets: Tensor([1.0])),
            include: [.outputs, .activations, .inputGradients, .norms])
    }

    @Test func blockingAndAsyncGiveTheSame() async throws {
        try await withService { server in
            let client = Client(ClientConfiguration(server: server))
            let request = try request()
            let first = try blocking { try client.gradients(request) }
            let second = try await client.gradients(request)
            #expect(first == second)
            #expect(first.outputs?.count == 1 && first.activations?.count == 1)
            #expect(first.inputGradients?.shape == [1, 2])
            #expect(first.norms?.layers.count == 1)
        }
    }

    @Test(arguments: Encoding.allCases, DType.allCases) func everyEncodingCarriesTheSameNumbers(
        _ encoding: Encoding, _ dtype: DType
    ) async throws {
        try await withService { server in
            let client = Client(ClientConfiguration(server: server))
            var request = try request()
            request.dtype = dtype
            let plain = try await client.gradients(request)
            request.encoding = encoding
            #expect(try await client.gradients(request) == plain)
            #expect(plain.gradients[0].weights?.dtype == dtype)
        }
    }

    @Test func oneConnectionServesManyCalls() async throws {
        let opened = Counter()
        try await withService(onEvent: { event in
            if case .server(.connectionOpened) = event { opened.add() }
        }) { server in
            let client = Client(ClientConfiguration(server: server))
            let request = try request()
            for _ in 0..<20 { _ = try blocking { try client.gradients(request) } }
            #expect(opened.value == 1)
            let begin = ContinuousClock.now
            for _ in 0..<20 { _ = try await client.gradients(request) }
            for _ in 0..<20 { _ = try blocking { try client.gradients(request) } }
            // Curl takes no connection that was idle for 118 seconds, as long as which a task may wait for its
            // turn beside other tests.
            #expect(opened.value == 1 || begin.duration(to: .now) > .seconds(100))
        }
    }

    @Test func manyCallsAtOnceAllComeBack() async throws {
        try await withService { server in
            let client = Client(ClientConfiguration(server: server))
            let request = try request()
            let expected = try await client.gradients(request)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<64 {
                    group.addTask { try await client.gradients(request) == expected }
                }
                for try await isSame in group { #expect(isSame) }
            }
        }
    }

    @Test func aProblemIsATypedError() async throws {
        try await withService { server in
            let client = Client(ClientConfiguration(server: server))
            var request = try request()
            request.loss = try Loss(.crossEntropy(.plain))
            let error = await #expect(throws: ClientError.self) {
                try await client.gradients(request)
            }
            guard case .problem(let problem) = error else { return #expect(Bool(false)) }
            #expect(problem.kind == .inconsistent)
            #expect(problem.pointer == "/loss")
            #expect("\(ClientError.problem(problem))".contains("/loss"))
        }
    }

    @Test func anIDThatIsNoIDStaysInItsPlaceInThePath() async throws {
        try await withService { server in
            let client = Client(ClientConfiguration(server: server))
            for id in ["../healthz", "a/b", "ü?x#y", "%2e"] {
                let error = await #expect(throws: ClientError.self) { try await client.run(id) }
                guard case .problem(let problem) = error else { return #expect(Bool(false)) }
                #expect(problem.kind == .notFound, "\(id): \(problem)")
            }
        }
    }

    @Test func nobodyThereIsAConnectionError() async throws {
        let client = Client(ClientConfiguration(server: "http://127.0.0.1:1"))
        let blocked = #expect(throws: ClientError.self) {
            try blocking { try client.health() }
        }
        let awaited = await #expect(throws: ClientError.self) { try await client.health() }
        for error in [blocked, awaited] {
            guard case .connection = error else { return #expect(Bool(false)) }
        }
    }

    @Test func silenceIsATimeOut() async throws {
        let listener = try SilentListener()
        let client = Client(
            ClientConfiguration(
                server: "http://127.0.0.1:\(listener.port)", totalMilliseconds: 200))
        let blocked = #expect(throws: ClientError.self) { try blocking { try client.health() } }
        let awaited = await #expect(throws: ClientError.self) { try await client.health() }
        for error in [blocked, awaited] {
            guard case .timedOut = error else { return #expect(Bool(false)) }
        }
    }

    /// The system answers no more connections than a listener's queue has room for.
    @Test func aConnectionThatDoesNotComeAboutIsATimeOut() async throws {
        let (listener, port) = try Loopback.listener(backlog: 0)
        let queued = [Loopback.socket(), Loopback.socket()]
        defer { for descriptor in queued + [listener] { close(descriptor) } }
        for descriptor in queued {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            try? Loopback.connect(descriptor, to: port)
        }
        let client = Client(
            ClientConfiguration(
                server: "http://127.0.0.1:\(port)", connectMilliseconds: 200, retries: .none))
        let blocked = #expect(throws: ClientError.self) { try blocking { try client.health() } }
        let awaited = await #expect(throws: ClientError.self) { try await client.health() }
        for error in [blocked, awaited] {
            guard case .timedOut = error else { return #expect(Bool(false), "\(error)") }
        }
    }

    @Test func whatStallsIsATimeOut() async throws {
        let listener = try SilentListener()
        let client = Client(
            ClientConfiguration(
                server: "http://127.0.0.1:\(listener.port)", stallSeconds: 1, retries: .none))
        let awaited = await #expect(throws: ClientError.self) { try await client.health() }
        let blocked = #expect(throws: ClientError.self) { try blocking { try client.health() } }
        for error in [blocked, awaited] {
            guard case .timedOut = error else { return #expect(Bool(false)) }
        }
    }

    @Test func aCancelledTaskGivesItsCallUp() async throws {
        let listener = try SilentListener()
        let client = Client(
            ClientConfiguration(server: "http://127.0.0.1:\(listener.port)"))
        let task = Task { try await client.health() }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let error = await #expect(throws: ClientError.self) { try await task.value }
        #expect(error == .cancelled)
    }

    @Test func anotherProtocolIsAnUnexpectedAnswer() async throws {
        let listener = try SilentListener(
            answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        let client = Client(
            ClientConfiguration(server: "http://127.0.0.1:\(listener.port)"))
        let error = await #expect(throws: ClientError.self) { try await client.version() }
        guard case .unexpected(let status, _) = error else { return #expect(Bool(false)) }
        #expect(status == 200)
    }
}

/// Makes a blocking call from an async test, where the async one would be taken.
private func blocking<Value>(_ body: () throws -> Value) rethrows -> Value {
    try body()
}

/// Counts from many threads.
private final class Counter: Sendable {
    private let lock = DispatchQueue(label: "counter")
    private nonisolated(unsafe) var count = 0

    func add() { lock.sync { count += 1 } }

    var value: Int { lock.sync { count } }
}
