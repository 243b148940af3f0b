import NablaAPI
import Testing

@testable import NablaClient

/// Events come out the same however the bytes of the stream are cut.
@Suite struct EventParserTests {
    private let stream = """
        : a comment
        id: 1
        event: metrics
        data: {"epoch":1,"step":2,"metrics":{"loss":0.5}}

        event: of-a-later-version
        data: {}

        event:checkpoint\r
        data:{"epoch":\r
        data:1}\r
        \r
        event: metrics
        data: {"epoch":2,"step":4,"metrics":{"loss":0.25}}


        """

    private let expected = [
        EventBlock(
            name: "metrics", id: "1",
            data: Array(#"{"epoch":1,"step":2,"metrics":{"loss":0.5}}"#.utf8)),
        EventBlock(name: "of-a-later-version", data: Array("{}".utf8)),
        EventBlock(name: "checkpoint", data: Array("{\"epoch\":\n1}".utf8)),
        EventBlock(
            name: "metrics", data: Array(#"{"epoch":2,"step":4,"metrics":{"loss":0.25}}"#.utf8)),
    ]

    @Test func inOnePiece() {
        var parser = EventParser()
        #expect(parser.take(Array(stream.utf8)) == expected)
    }

    @Test func byteByByte() {
        var parser = EventParser()
        #expect(stream.utf8.flatMap { parser.take([$0]) } == expected)
    }

    @Test func anEventWithoutItsEndIsNone() {
        var parser = EventParser()
        #expect(parser.take(Array("event: checkpoint\ndata: {\"epoch\":1}\n".utf8)).isEmpty)
    }

    /// Reads the events of a stream's bytes.
    private func events(_ pieces: [String]) async throws -> [RunEvent.Content] {
        let bytes = AsyncThrowingStream<[UInt8], any Error> { continuation in
            for piece in pieces { continuation.yield(Array(piece.utf8)) }
            continuation.finish()
        }
        let source = EventSource(
            ends: 0, attempts: StreamAttempts(ClientConfiguration()), open: { _ in bytes },
            isReady: { true })
        var found: [RunEvent.Content] = []
        for try await event in RunEvents(source) { found.append(event.content) }
        return found
    }

    @Test func whatALaterVersionAddsIsPassedOver() async throws {
        let found = try await events([stream])
        #expect(
            found == [
                .metrics(epoch: 1, step: 2, values: ["loss": 0.5]), .checkpoint(epoch: 1),
                .metrics(epoch: 2, step: 4, values: ["loss": 0.25]),
            ])
    }

    @Test func dataThatIsNotWhatTheNamePromisesIsAnError() async {
        await #expect(throws: ClientError.self) {
            _ = try await events(["event: metrics\ndata: {\"epoch\":true}\n\n"])
        }
    }
}
