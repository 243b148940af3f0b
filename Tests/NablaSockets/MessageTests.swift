import NablaHTTP
import Testing

@testable import NablaSockets

/// Each message of the table, in memory and over a socket, whole and in pieces.
@Suite struct MessageTests {
    private static let limits = HTTPLimits(
        headBytes: 512, targetBytes: 200, fieldCount: 16, bodyBytes: 100)

    /// One server serves every message, as it would.
    private static let fixture = Result { try Fixture { $0.limits = limits } }

    /// What a reader makes of bytes that come in these pieces: a status, and a request's body.
    private func outcome(of pieces: [[UInt8]]) -> (status: Int, body: String)? {
        var reader = RequestReader(limits: Self.limits)
        for piece in pieces {
            switch reader.read(piece.span) {
            case .needsMore: continue
            case .invalid(let error): return (error.status.code, "")
            case .request(_, let body): return (200, String(decoding: body, as: UTF8.self))
            }
        }
        return nil
    }

    @Test("the outcome is the same wherever the message is cut", arguments: MessageCase.all)
    func inMemory(_ message: MessageCase) throws {
        let bytes = Array(message.raw.utf8)
        let cuts = (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
        for pieces in cuts + [bytes.map { [$0] }] {
            let (status, body) = try #require(outcome(of: pieces))
            #expect(status == message.status)
            #expect(body == message.body)
        }
    }

    @Test("the answer over a socket, whole and byte by byte", arguments: MessageCase.all)
    func overSocket(_ message: MessageCase) throws {
        let fixture = try Self.fixture.get()
        let bytes = Array(message.raw.utf8)
        for pieces in [[bytes], bytes.map { [$0] }] {
            let client = try fixture.client()
            for piece in pieces where !client.send(piece) { break }
            let answer = try client.answer()
            #expect(answer.status == message.status)
            if message.status == 200 { #expect(answer.text == message.body) }
            if message.persists {
                client.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.answer().field("X-Path") == "/again")
            } else {
                #expect(answer.field("Connection") == "close")
                #expect(try client.isEnded())
            }
        }
    }

    @Test("the table is as long as it should be, and every message in it is another")
    func table() {
        #expect(MessageCase.all.count >= 60)
        #expect(Set(MessageCase.all.map(\.raw)).count == MessageCase.all.count)
    }
}
