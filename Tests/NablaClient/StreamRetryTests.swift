import Foundation
import NablaAPI
import Testing

@testable import NablaClient

/// For how long, and how soon again, a stream that broke off is opened, and what its reader gets then.
@Suite struct StreamRetryTests {
    private static let id = "01a31f4f-0000-7000-8000-000000000000"

    /// An answer whose bytes end with the connection.
    private static func stream(_ blocks: String...) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
            + blocks.joined()
    }

    private static func metrics(_ epoch: Int) -> String {
        String(
            decoding: RunEvent(.metrics(epoch: epoch, step: epoch, values: [:])).block(),
            as: UTF8.self)
    }

    private static func end(_ status: RunStatus) -> String {
        let run = Run(
            id: id, status: status, createdAt: Timestamp(milliseconds: 0), request: "{}",
            parameters: 1,
            progress: Run.Progress(epoch: 1, epochs: 2))
        return String(decoding: RunEvent(.end(run)).block(), as: UTF8.self)
    }

    private static let empty = "Content-Length: 0\r\nConnection: close\r\n\r\n"

    /// What a reader gets of a run's stream.
    private struct Found: Equatable {
        var epochs: [Int] = []
        var ends: [RunStatus] = []
        var error: ClientError?
    }

    private func read(_ configuration: ClientConfiguration) async throws -> Found {
        var found = Found()
        do {
            for try await event in Client(configuration).events(ofRun: Self.id) {
                if let epoch = event.id { found.epochs.append(epoch) }
                if case .end(let run) = event.content { found.ends.append(run.status) }
            }
        } catch let error as ClientError {
            found.error = error
        }
        return found
    }

    @Test(.timeLimit(.minutes(1))) func theServicesOwnWaitIsKept() async throws {
        let peer = try Peer { _, earlier in
            earlier == 0
                ? "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n" + Self.empty
                : Self.stream(Self.metrics(1), Self.end(.succeeded))
        }
        defer { peer.stop() }
        let found = try await read(peer.configuration())
        #expect(found == Found(epochs: [1], ends: [.succeeded]))
        let times = peer.requests.map(\.time)
        try #require(times.count == 2)
        #expect(times[0].duration(to: times[1]) >= .seconds(1))
    }

    @Test(.timeLimit(.minutes(1))) func tooLongAWaitIsTheCallers() async throws {
        let peer = try Peer { _, _ in
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 6\r\n" + Self.empty
        }
        defer { peer.stop() }
        let found = try await read(peer.configuration())
        guard case .unexpected(503, _) = found.error else {
            Issue.record("\(found)")
            return
        }
        #expect(peer.requests.count == 1)
    }

    /// More often than a call would be made.
    @Test(.timeLimit(.minutes(1))) func itGoesOnBehindTheLastEventOfEachConnection() async throws {
        let peer = try Peer { _, earlier in
            switch earlier {
            case 0..<8: "HTTP/1.1 502 Bad Gateway\r\n" + Self.empty
            case 8: Self.stream(Self.metrics(1), Self.metrics(2), "id: 3\nevent: metr")
            case 9: Self.stream()
            default: Self.stream(Self.metrics(3), Self.end(.cancelled))
            }
        }
        defer { peer.stop() }
        let found = try await read(peer.configuration(retries: Retries(longestMilliseconds: 100)))
        #expect(found == Found(epochs: [1, 2, 3], ends: [.cancelled]))
        #expect(
            peer.requests.map { $0.field("Last-Event-ID") }
                == [String?](repeating: nil, count: 9) + ["2", "2"])
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Retries.none, Retries(longestMilliseconds: 100)])
    func aStreamThatEndsBeforeItsRunIsBroken(_ retries: Retries) async throws {
        let peer = try Peer { _, earlier in
            earlier == 0 ? Self.stream(Self.metrics(1)) : Self.stream()
        }
        defer { peer.stop() }
        let found = try await read(peer.configuration(retries: retries, streamRetrySeconds: 1))
        #expect(found.epochs == [1] && found.ends.isEmpty)
        guard case .connection(let detail) = found.error else {
            Issue.record("\(found)")
            return
        }
        #expect(detail.contains("ended before its runs"))
        #expect((peer.requests.count == 1) == (retries == .none))
    }

    /// Where the stream breaks behind it, too: nothing is asked for again, and nothing told twice.
    @Test(.timeLimit(.minutes(1))) func theEndIsTheEnd() async throws {
        let peer = try Peer { _, _ in
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"
                + Self.metrics(1) + Self.end(.failed)
        }
        defer { peer.stop() }
        #expect(try await read(peer.configuration()) == Found(epochs: [1], ends: [.failed]))
        #expect(peer.requests.count == 1)
    }

    /// A service that stops says so again, says nothing, and is gone; the next one trains the run.
    @Test(.timeLimit(.minutes(1))) func anInterruptionIsABreak() async throws {
        let peer = try Peer { request, earlier in
            guard request.target != Path.readyz else {
                return "HTTP/1.1 \(earlier < 2 ? "503 Service Unavailable" : "200 OK")\r\n"
                    + Self.empty
            }
            return switch earlier {
            case 0: Self.stream(Self.metrics(1), Self.end(.interrupted))
            case 1: Self.stream(Self.end(.interrupted))
            case 2: ""
            case 3: Self.stream(Self.metrics(2))
            default: Self.stream(Self.metrics(3), Self.end(.succeeded))
            }
        }
        defer { peer.stop() }
        let found = try await read(peer.configuration(retries: Retries(longestMilliseconds: 100)))
        #expect(found == Found(epochs: [1, 2, 3], ends: [.succeeded]))
        let asked = peer.requests.filter { $0.target != Path.readyz }
        #expect(asked.map { $0.field("Last-Event-ID") } == [nil, "1", "1", "1", "2"])
    }

    /// The service takes requests again, and the run is still interrupted: it has no samples of it, say.
    @Test(.timeLimit(.minutes(1))) func anInterruptionThatStaysIsTheEnd() async throws {
        let peer = try Peer { request, earlier in
            guard request.target != Path.readyz else { return "HTTP/1.1 200 OK\r\n" + Self.empty }
            return Self.stream(earlier == 0 ? Self.metrics(1) : "", Self.end(.interrupted))
        }
        defer { peer.stop() }
        #expect(try await read(peer.configuration()) == Found(epochs: [1], ends: [.interrupted]))
        #expect(peer.requests.map(\.target).count == 3)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Retries.none, Retries(longestMilliseconds: 100)])
    func aServiceThatDoesNotComeBackLeavesAnInterruption(_ retries: Retries) async throws {
        let peer = try Peer { request, earlier in
            guard request.target != Path.readyz else {
                return "HTTP/1.1 503 Service Unavailable\r\n" + Self.empty
            }
            return Self.stream(earlier == 0 ? Self.metrics(1) : "", Self.end(.interrupted))
        }
        defer { peer.stop() }
        let found = try await read(peer.configuration(retries: retries, streamRetrySeconds: 1))
        #expect(found == Found(epochs: [1], ends: [.interrupted]))
        #expect((peer.requests.count == 1) == (retries == .none))
    }

    @Test func theTimeCountsFromTheBreakAndAnewWithWhateverComes() throws {
        let start = ContinuousClock.now
        var attempts = StreamAttempts(
            ClientConfiguration(
                retries: Retries(attempts: 2, baseMilliseconds: 10, longestMilliseconds: 2000),
                streamRetrySeconds: 3))
        for milliseconds in stride(from: 0, to: 3000, by: 500) {
            let pause = attempts.pause(now: start + .milliseconds(milliseconds))
            #expect((0...3000 - milliseconds).contains(pause ?? -1))
        }
        let asked = attempts.pause(retryAfterSeconds: 2, now: start + .milliseconds(1500))
        #expect(asked == nil)
        let late = attempts.pause(now: start + .seconds(3))
        #expect(late == nil)
        attempts.noteBytes()
        let again = attempts.pause(now: start + .seconds(3))
        #expect(again != nil)
        let tooLate = attempts.pause(now: start + .seconds(6))
        #expect(tooLate == nil)
        attempts.noteEvent()
        // The first wait again.
        let first = attempts.pause(now: start + .seconds(6))
        #expect((0...10).contains(first ?? -1))
    }
}
