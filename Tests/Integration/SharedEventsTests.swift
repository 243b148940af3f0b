import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import Synchronization
import Testing

/// `GET /events`: many runs on one stream, through the client library over real HTTP.
@Suite struct SharedEventsTests {
    /// What a stream told of each run: the epochs, and whether it ended.
    private struct Course {
        var epochs: [String: [Int]] = [:]
        var ended: [String] = []
        var ids: [String] = []

        mutating func note(_ event: SharedEvent) {
            if let id = event.id { ids.append(id) }
            switch event.event.content {
            case .metrics(let epoch, _, _): epochs[event.run, default: []].append(epoch)
            case .end(let run):
                #expect(run.id == event.run)
                ended.append(event.run)
            default: #expect(event.id == nil)
            }
        }
    }

    private func course(_ events: SharedEvents, until last: Int = .max) async throws -> Course {
        var course = Course()
        for try await event in events {
            course.note(event)
            if course.ids.count >= last { break }
        }
        return course
    }

    @Test func theRunsThatAreAskedForComeWholeAndEndTheStream() async throws {
        try await withServer { server in
            let client = server.client
            let first = try await client.train(TrainingTests.request(epochs: 700)).id
            let other = try await client.train(TrainingTests.request(epochs: 5)).id
            let second = try await client.train(TrainingTests.request(epochs: 300)).id
            let live = try await course(client.events(ofRuns: [first, second]))
            #expect(live.epochs[first] == Array(1...700))
            #expect(live.epochs[second] == Array(1...300))
            #expect(live.epochs[other] == nil)
            #expect(live.ended.sorted() == [first, second].sorted())
            try #require(Set(live.ids).count == 1002)
            // The same once all is over, and from any event on.
            let replayed = try await course(client.events(ofRuns: [first, second]))
            #expect(replayed.ids == live.ids)
            for place in [0, 3, 500, 999, 1000] {
                let rest = try await course(
                    client.events(ofRuns: [first, second], after: live.ids[place]))
                #expect(rest.ids == Array(live.ids[(place + 1)...]), "after \(live.ids[place])")
            }
            // Behind the last there is nothing to wait for.
            let none = try await course(
                client.events(ofRuns: [first, second], after: live.ids[1001]))
            #expect(none.ids.isEmpty)
        }
    }

    @Test func withoutRunsItTellsWhatHappensToAllFromNowOn() async throws {
        try await withServer { server in
            let client = server.client
            let earlier = try await client.train(TrainingTests.request(), waitSeconds: 30)
            let endless = try await client.train(TrainingTests.request(epochs: 100_000_000))
            var iterator = client.events().makeAsyncIterator()
            // How things stand comes first.
            let standing = try #require(try await iterator.next())
            #expect(standing.run == endless.id && standing.id == nil)
            var (course, last) = (Course(), "")
            while course.epochs[endless.id] == nil, let event = try await iterator.next() {
                course.note(event)
            }
            let next = try await client.train(TrainingTests.request(epochs: 3))
            while course.ended.isEmpty, let event = try await iterator.next() {
                course.note(event)
                last = event.id ?? last
            }
            #expect(course.ended == [next.id] && course.epochs[next.id] == [1, 2, 3])
            #expect(course.epochs[earlier.id] == nil)
            // Cut off here, a reader goes on with what it hasn't seen.
            _ = try await client.cancel(run: endless.id)
            var rest = Course()
            for try await event in client.events(after: last) {
                rest.note(event)
                if !rest.ended.isEmpty { break }
            }
            #expect(rest.ended == [endless.id])
            let known = try #require(course.epochs[endless.id]?.last)
            #expect(rest.epochs[endless.id]?.first ?? known + 1 == known + 1)
        }
    }

    /// Its interruption is the last that is stored of it until it trains.
    @Test(.timeLimit(.minutes(2))) func aRunThatWaitsAgainIsFollowedBehindItsInterruption()
        async throws
    {
        let directory = TestServer.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let configure: (inout Settings) -> Void = { $0.training.concurrentRuns = 1 }
        let first = try TestServer(in: directory, configure)
        let endless = try TrainingTests.request(epochs: 100_000_000)
        let training = try await first.client.train(endless).id
        let waiting = try await first.client.train(endless).id
        var iterator = first.client.events().makeAsyncIterator()
        // How things stand is told before the stream follows what happens; an epoch comes when it does.
        while let event = try await iterator.next() {
            if case .metrics = event.event.content { break }
        }
        first.stop()
        var interruption: String?
        while interruption == nil, let event = try await iterator.next() {
            guard event.run == waiting, case .end(let run) = event.event.content else { continue }
            #expect(run.status == .interrupted)
            interruption = event.id
        }
        let streams = Mutex(0)
        let second = try TestServer(
            in: directory,
            onEvent: { event in
                if case .server(.streamOpened) = event { streams.withLock { $0 += 1 } }
            }, configure)
        defer { second.stop() }
        let client = second.client
        // From the beginning it is told, too, and isn't the end of the stream either.
        let readers = [interruption, nil].map { id in
            Task {
                var course = Course()
                for try await event in client.events(ofRuns: [waiting], after: id) {
                    course.note(event)
                    // One epoch is enough; the other reader may have seen it before.
                    if course.ids.count == 1 { _ = try? await client.cancel(run: waiting) }
                }
                return course
            }
        }
        while streams.withLock(\.self) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        _ = try await client.cancel(run: training)
        for reader in readers {
            let course = try await reader.value
            #expect(
                course.epochs[waiting]?.first == 1 && course.ended == [waiting], "\(course)")
        }
        #expect(streams.withLock(\.self) == 2)
        #expect(try await client.run(waiting).status == .cancelled)
        // Nor is it the run's end once there is one.
        let replayed = try await course(client.events(ofRuns: [waiting]))
        #expect(replayed.epochs[waiting]?.first == 1 && replayed.ended == [waiting], "\(replayed)")
    }

    @Test func whatItDoesNotKnowIsAProblem() throws {
        try withServer { server in
            let missing = "01a31f4f-0000-7000-8000-000000000000"
            for (target, fields, status) in [
                ("/events?run=\(missing)", [], 404), ("/events?runs=x", [], 400),
                ("/events", ["Last-Event-ID: x"], 400), ("/events", ["Last-Event-ID: 1.x"], 400),
            ] as [(String, [String], Int)] {
                let answer = try ContractTests.send("GET", target, fields: fields, to: server)
                #expect(answer.status == status, "\(target): \(answer.body)")
            }
        }
    }
}
