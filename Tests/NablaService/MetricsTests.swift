import Dispatch
import NablaAPI
import NablaHTTP
import NablaSockets
import Testing

@testable import NablaService

@Suite struct MetricsTests {
    private func answered(
        _ route: Route, _ status: Int = 200, milliseconds: Double = 1
    ) -> ServiceEvent {
        .answered(
            AnsweredRequest(
                RequestContext(
                    id: .given("a"), head: head("GET /a"), route: route, token: nil, fields: [],
                    start: 0),
                status: status, milliseconds: milliseconds, bytes: 9))
    }

    @Test func aRouteIsTheSameEachTimeAndTheirNumberIsBounded() {
        let metrics = Metrics()
        let route = metrics.route("/a")
        #expect(metrics.route("/a") == route)
        #expect(metrics.route("/b") != route)
        for index in 0..<1000 { metrics.note(answered(metrics.route("/\(index)"))) }
        #expect(metrics.routes.count <= 64)
        #expect(metrics.routes.flatMap(\.statuses.values).reduce(0, +) == 1000)
        #expect(metrics.route("/one more") == .other)
    }

    @Test func nothingIsLostWhenAllCountAtTheSameTime() {
        let metrics = Metrics()
        let route = metrics.route("/a")
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for _ in 0..<10_000 {
                metrics.note(answered(route, 200 + thread, milliseconds: 2))
                metrics.note(.server(.sent(bytes: 3)))
            }
        }
        #expect(metrics.total(.bytesSent) == 240_000)
        // 207 is none of those that are told apart.
        let expected = Dictionary(
            uniqueKeysWithValues: [0, 200, 201, 202, 203, 204, 205, 206].map { ($0, 10_000) })
        #expect(metrics.routes.first?.statuses == expected)
        #expect(metrics.routes.first?.durations.counts[5] == 80_000)
        #expect(abs((metrics.routes.first?.durations.seconds ?? 0) - 160) < 1e-6)
    }

    @Test(arguments: [
        (-1.0, 0), (0, 0), (0.05, 0), (0.051, 1), (1, 4), (1.1, 5), (10_000, 16), (10_001, 17),
        (1e300, 17),
    ])
    func aDurationFallsBelowItsBound(_ milliseconds: Double, _ place: Int) {
        let metrics = Metrics()
        metrics.note(.committed(milliseconds: milliseconds))
        #expect(metrics.commits.counts.enumerated().allSatisfy { $1 == ($0 == place ? 1 : 0) })
    }

    @Test func everyServerEventCounts() {
        let error = MessageError(.badRequest, "x")
        let events: [(ServerEvent, Counter)] = [
            (.connectionOpened, .connectionsOpened),
            (.connectionClosed(requests: 1), .connectionsClosed),
            (.connectionRefused, .connectionsRefused), (.received(bytes: 1), .bytesReceived),
            (.sent(bytes: 1), .bytesSent), (.timedOut(.idle), .timeouts),
            (.clientLeft, .clientsLeft), (.streamOpened, .streamsOpened),
            (.streamClosed(tooSlow: false), .streamsClosed),
            (.acceptFailed(errno: 24), .acceptsFailed),
        ]
        for (event, counter) in events {
            let metrics = Metrics()
            metrics.note(.server(event))
            for other in Counter.allCases {
                #expect(metrics.total(other) == (other == counter ? 1 : 0), "\(event) \(other)")
            }
        }
        let metrics = Metrics()
        metrics.note(.server(.streamClosed(tooSlow: true)))
        #expect(metrics.total(.streamsCut) == 1 && metrics.total(.streamsClosed) == 1)
        metrics.note(.server(.messageRefused(error)))
        #expect(metrics.refusals == [400: 1])
    }

    @Test func everyStatusOfTheServiceIsToldApart() {
        for kind in Problem.Kind.allCases {
            #expect(StatusCounts.codes.contains(kind.status), "\(kind)")
        }
    }
}
