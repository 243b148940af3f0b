import Foundation
import Glibc
import NablaAPI
import NablaClient
import NablaNetworks
import Synchronization
import Testing

/// A reader of an event stream whose server is killed and started again.
@Suite struct KilledStreamTests {
    /// The epochs that a reader got.
    private final class Epochs: Sendable {
        private let epochs = Mutex<[Int]>([])
        private let isOver = Mutex(false)

        var all: [Int] { epochs.withLock(\.self) }

        func note(_ epoch: Int) { epochs.withLock { $0.append(epoch) } }

        func close() { isOver.withLock { $0 = true } }

        /// Waits until there are so many more, or the reader reads no more.
        func waitForMore(_ count: Int) async throws {
            let known = all.count
            while all.count < known + count, !isOver.withLock(\.self) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func noEventIsLostOrToldTwice() async throws {
        let folder = try TemporaryFolder()
        let address = "unix:" + folder.file("s")
        let serve = { try ServedProgram(data: folder.file("data"), ["--listen", address]) }
        let first = try serve()
        let client = Client(ClientConfiguration(server: address))
        let request = try TrainRequest.restorable(
            .adam(Adam(learningRate: 0.01)), epochs: 100_000_000)
        let run = try await client.train(request)
        let epochs = Epochs()
        let reader = Task {
            defer { epochs.close() }
            for try await event in client.events(ofRun: run.id) {
                if let epoch = event.id { epochs.note(epoch) }
                if case .end(let ended) = event.content { return ended.status }
            }
            throw TestFailure("the stream ended without an end")
        }
        try await epochs.waitForMore(3)
        _ = try first.end(by: SIGKILL)
        // Longer than a call is tried again.
        try await Task.sleep(for: .seconds(1))
        let second = try serve()
        try await epochs.waitForMore(3)
        _ = try await client.cancel(run: run.id)
        #expect(try await reader.value == .cancelled)
        let found = epochs.all
        #expect(found.first == 1 && zip(found, found.dropFirst()).allSatisfy { $1 == $0 + 1 })
        try second.expectGoodEnd()
    }
}
