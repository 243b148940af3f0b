import Foundation
import NablaAPI
import NablaService
import NablaSockets
import Synchronization
import Testing

@testable import NablaClient

/// How blocking calls, async calls and streams share one curl multi handle, whoever leads.
@Suite struct EngineTests {
    private func withClient(
        onEvent: @escaping @Sendable (ServiceEvent) -> Void = { _ in },
        _ body: (Client) async throws -> Void
    ) async throws {
        try await withService(onEvent: onEvent) { server in
            try await body(Client(ClientConfiguration(server: server)))
        }
    }

    /// Makes blocking calls on a thread of its own, for other tests need those that tasks run on.
    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }

    @Test(.timeLimit(.minutes(5))) func blockingAndAsyncCallsOfManyCallersAllComeBack() async throws
    {
        try await withClient { client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await onThread {
                            try (0..<100).count { _ in try client.health().status == "ok" }
                        }
                    }
                    group.addTask {
                        var count = 0
                        for _ in 0..<100 where try await client.health().status == "ok" {
                            count += 1
                        }
                        return count
                    }
                }
                for try await count in group { #expect(count == 100) }
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func callsGoOnBesideAStreamWithoutAnEnd() async throws {
        let opened = Mutex(0)
        try await withClient(onEvent: { event in
            if case .server(.connectionOpened) = event { opened.withLock { $0 += 1 } }
        }) { client in
            // All runs from now on: nothing happens to them, and the stream stays open.
            let stream = Task { for try await _ in client.events() {} }
            while opened.withLock(\.self) == 0 { try await Task.sleep(for: .milliseconds(5)) }
            let begin = ContinuousClock.now
            for _ in 0..<50 {
                #expect(try await client.health().status == "ok")
                #expect(try await onThread { try client.health() }.status == "ok")
            }
            // One for the stream and one for all calls, unless that was idle for too long for curl.
            #expect(
                opened.withLock(\.self) == 2 || begin.duration(to: .now) > .seconds(100))
            stream.cancel()
            _ = await stream.result
            #expect(try await onThread { try client.health() }.status == "ok")
        }
    }

    /// The lead goes from a blocking call to the engine's thread and comes back.
    @Test(.timeLimit(.minutes(5))) func aBlockingCallThatEndsLeavesOthersUnderWay() async throws {
        let silent = try SilentListener()
        try await withClient { client in
            let patient = Client(
                ClientConfiguration(
                    server: "http://127.0.0.1:\(silent.port)", totalMilliseconds: 400,
                    retries: .none))
            // One client for both: the engine's thread ends what the first caller leaves.
            async let first = onThread { Result { try patient.health() } }
            async let second = onThread { Result { try patient.health() } }
            async let third = Task { try await patient.health() }.result
            for result in [try await first, try await second] {
                guard case .failure(let error as ClientError) = result, case .timedOut = error
                else {
                    Issue.record("\(result)")
                    continue
                }
            }
            guard case .failure(let error as ClientError) = await third, case .timedOut = error
            else {
                Issue.record("the async call has no time-out")
                return
            }
            #expect(try await client.health().status == "ok")
        }
    }

    @Test func aTaskThatIsCancelledAlreadyAsksNothing() async throws {
        let asked = Mutex(0)
        try await withClient(onEvent: { event in
            if case .answered = event { asked.withLock { $0 += 1 } }
        }) { client in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await client.health()
            }
            task.cancel()
            let error = await #expect(throws: ClientError.self) { try await task.value }
            #expect(error == .cancelled)
            _ = try await client.health()
            _ = try await client.health()
            // The handle of the call that never began is used by others.
            #expect(asked.withLock(\.self) <= 2)
        }
    }

    @Test func manyCancelledCallsLeaveTheClientWhole() async throws {
        try await withClient { client in
            for number in 0..<200 {
                let task = Task { try await client.health() }
                if number % 3 == 0 { await Task.yield() }
                task.cancel()
                switch await task.result {
                case .success(let health): #expect(health.status == "ok")
                case .failure(let error): #expect(error as? ClientError == .cancelled)
                }
            }
            let health = try await client.health()
            #expect(health.status == "ok")
        }
    }
}
