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

    private let expected: [RunEvent.Content] = [
        .metrics(epoch: 1, step: 2, values: ["loss": 0.5]), .checkpoint(epoch: 1),
        .metrics(epoch: 2, step: 4, values: ["loss": 0.25]),
    ]

    @Test func inOnePiece() throws {
        var parser = EventParser()
        #expect(try parser.take(Array(stream.utf8)).map(\.content) == expected)
    }

    @Test func byteByByte() throws {
        var parser = EventParser()
        let events = try stream.utf8.flatMap { try parser.take([$0]) }
        #expect(events.map(\.content) == expected)
    }

    @Test func anEventWithoutItsEndIsNone() throws {
        var parser = EventParser()
        #expect(try parser.take(Array("event: checkpoint\ndata: {\"epoch\":1}\n".utf8)).isEmpty)
    }

    @Test func dataThatIsNotWhatTheNamePromisesIsAProblem() {
        var parser = EventParser()
        #expect(throws: Problem.self) {
            try parser.take(Array("event: metrics\ndata: {\"epoch\":true}\n\n".utf8))
        }
    }
}
