import Logging
import NablaAPI
import NablaHTTP
import NablaSockets
import Testing

@testable import NablaService

@Suite struct ServiceEventTests {
    /// Keeps what is logged.
    private struct Keeper: LogHandler {
        let records: Log<(level: Logger.Level, message: String, metadata: Logger.Metadata)>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            records.add((event.level, "\(event.message)", event.metadata ?? [:]))
        }
    }

    private static let answered = ServiceEvent.answered(
        AnsweredRequest(
            RequestContext(
                id: .given("r1"), head: head("POST /train"), route: Route(index: 1), token: "ci",
                fields: [], start: 0),
            status: 202, milliseconds: 1.5, bytes: 90))

    static let levels: [(ServiceEvent, Logger.Level)] = [
        (.started(addresses: ["127.0.0.1:8080"]), .info), (.stopping, .info), (.stopped, .info),
        (answered, .debug), (.refused(requestID: "r3", status: 400, detail: "no target"), .debug),
        (.failure(requestID: nil, detail: "the disk is full"), .error),
        (.committed(milliseconds: 1), .trace), (.fewDescriptors(needed: 9, allowed: 8), .warning),
        (.run(id: "x", status: .queued, detail: nil), .info), (.runDeleted(id: "x"), .info),
        (.server(.connectionOpened), .trace), (.server(.connectionClosed(requests: 3)), .trace),
        (.server(.received(bytes: 9)), .trace), (.server(.sent(bytes: 9)), .trace),
        (.server(.streamOpened), .trace),
        (.server(.streamClosed(tooSlow: false)), .trace),
        // What one client did, or failed to do.
        (.server(.messageRefused(refusal)), .trace), (.server(.timedOut(.readingHead)), .debug),
        (.server(.clientLeft), .debug), (.server(.streamClosed(tooSlow: true)), .debug),
        // What other clients suffer from.
        (.server(.connectionRefused), .warning), (.server(.acceptFailed(errno: 24)), .warning),
    ]

    private static let refusal = MessageError(.badRequest, "the request line has no target")

    @Test func eachIsLoggedOnceAtItsLevel() {
        for (event, level) in Self.levels {
            let records = Log<(level: Logger.Level, message: String, metadata: Logger.Metadata)>()
            event.log(to: Logger(label: "test") { _ in Keeper(records: records) })
            #expect(event.level == level)
            #expect(records.all.map(\.level) == [level], "\(event)")
        }
    }

    @Test func aRecordCarriesWhatTheEventKnows() throws {
        let records = Log<(level: Logger.Level, message: String, metadata: Logger.Metadata)>()
        let logger = Logger(label: "test") { _ in Keeper(records: records) }
        Self.answered.log(to: logger)
        ServiceEvent.started(addresses: ["127.0.0.1:1", "unix:/s"]).log(to: logger)
        ServiceEvent.failure(requestID: "r2", detail: "the disk is full").log(to: logger)
        ServiceEvent.run(id: "u", status: .interrupted, detail: "cut off").log(to: logger)
        ServiceEvent.server(.messageRefused(Self.refusal)).log(to: logger)
        ServiceEvent.server(.timedOut(.readingHead)).log(to: logger)
        ServiceEvent.server(.acceptFailed(errno: 24)).log(to: logger)
        ServiceEvent.refused(requestID: "r3", status: 400, detail: "no target").log(to: logger)
        let found = records.all
        #expect(found[4].message == "a message was refused: the request line has no target")
        #expect(found[4].metadata == ["status": "400"])
        #expect(found[5].message == "a connection took too long")
        #expect(found[5].metadata == ["phase": "readingHead"])
        #expect(found[6].message == "a connection could not be accepted")
        #expect(found[6].metadata == ["reason": "Too many open files"])
        #expect(
            found[0].metadata == [
                "request_id": "r1", "method": "POST", "path": "/train",
                "status": .stringConvertible(202), "milliseconds": .stringConvertible(1.5),
                "bytes": .stringConvertible(90), "token": "ci",
            ])
        #expect(found[1].message == "listening on 127.0.0.1:1, unix:/s")
        #expect(found[2].message == "the disk is full")
        #expect(found[2].metadata == ["request_id": "r2"])
        #expect(found[7].message == "a message was refused: no target")
        #expect(
            found[7].metadata == ["request_id": "r3", "status": .stringConvertible(400)])
        #expect(
            found[3].metadata == ["run": "u", "status": "interrupted", "detail": "cut off"])
    }
}
