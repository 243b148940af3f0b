import NablaHTTP
import Synchronization
import Testing

/// Bodies that go elsewhere than to memory.
@Suite struct BodySinkTests {
    private final class Sink: BodySink {
        let byteLimit: Int
        let isRead: Bool
        private let state = Mutex<(bytes: [UInt8], hasRoom: Bool)>(([], true))

        init(byteLimit: Int = 100, isRead: Bool = true) {
            (self.byteLimit, self.isRead) = (byteLimit, isRead)
        }

        var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

        func refuseMore() { state.withLock { $0.hasRoom = false } }

        func take(_ bytes: Span<UInt8>) -> Bool {
            state.withLock { state in
                bytes.withUnsafeBufferPointer { state.bytes += $0 }
                return state.hasRoom
            }
        }
    }

    private static func put(_ path: String, _ framing: String, _ body: String) -> String {
        "PUT \(path) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n\(body)"
    }

    private static let length = put("/sink", "Content-Length: 11", "hello world")
    private static let chunked = put(
        "/sink", "Transfer-Encoding: chunked", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    private static let memory = put("/memory", "Content-Length: 3", "abc")
    private static let post = "POST /memory HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy"

    @Test("what a sink takes is the body, however it arrives, and no other body is there")
    func takesBodies() throws {
        let bytes = Array((Self.length + Self.memory + Self.chunked + Self.post).utf8)
        for size in 1...bytes.count {
            var reader = RequestReader(limits: HTTPLimits()) { head in
                head.target.path == "/sink" ? Sink() : nil
            }
            var found: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                var outcome = reader.read(piece.span)
                while case .request(_, let body) = outcome {
                    let sunk = reader.takeSink() as? Sink
                    #expect(reader.takeSink() == nil)
                    found.append(String(decoding: body, as: UTF8.self) + ":" + (sunk?.text ?? "-"))
                    outcome = reader.next()
                }
                if case .invalid(let error) = outcome { throw error }
            }
            #expect(found == [":hello world", "abc:-", ":hello world", "xy:-"])
        }
    }

    @Test("a body has the bound of what takes it, and is refused by its length alone")
    func bounds() {
        var limits = HTTPLimits()
        (limits.bodyBytes, limits.uploadBytes) = (5, 20)
        func status(_ text: String, _ sinkBytes: Int?) -> Int? {
            var reader = RequestReader(limits: limits) { _ in
                sinkBytes.map { Sink(byteLimit: $0) }
            }
            let bytes = Array(text.utf8)
            if case .invalid(let error) = reader.read(bytes.span) {
                #expect(reader.takeSink() == nil || error.status == .contentTooLarge)
                return error.status.code
            }
            return nil
        }
        for (bytes, sinkBytes, expected) in [
            (5, nil, nil), (6, nil, 413), (11, 11, nil), (12, 11, 413), (4, 3, 413),
            (20, 100, nil), (21, 100, 413),
        ] as [(Int, Int?, Int?)] {
            #expect(status(Self.put("/", "Content-Length: \(bytes)", ""), sinkBytes) == expected)
        }
        let size = "Transfer-Encoding: chunked"
        #expect(status(Self.put("/", size, "5\r\n"), nil) == nil)
        #expect(status(Self.put("/", size, "6\r\n"), nil) == 413)
        #expect(status(Self.put("/", size, "5\r\nhello\r\n6\r\n"), 11) == nil)
        #expect(status(Self.put("/", size, "5\r\nhello\r\n7\r\n"), 11) == 413)
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n"
        #expect(status(post, 100) == 413)
    }

    @Test(
        "another request's body goes to a sink, too, unless it comes with its head",
        arguments: [
            "Content-Length: 11\r\n\r\nhello world",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        ])
    func divertsBodies(_ rest: String) throws {
        let head = "POST / HTTP/1.1\r\nHost: a\r\n" + rest.prefix { $0 != "\r\n" } + "\r\n\r\n"
        let bytes = Array("POST / HTTP/1.1\r\nHost: a\r\n\(rest)".utf8)
        let bodyStart = head.utf8.count
        for cut in 1...bytes.count {
            var reader = RequestReader(limits: HTTPLimits()) { _ in Sink(isRead: false) }
            var outcome = reader.read(Array(bytes[..<cut]).span)
            if cut < bytes.count {
                let owesContinue = reader.takeContinue()
                #expect(outcome.isIncomplete && !owesContinue, "\(cut)")
                outcome = reader.read(Array(bytes[cut...]).span)
            }
            guard case .request(_, let body) = outcome else {
                Issue.record("\(cut): \(outcome)")
                continue
            }
            let isDiverted = cut >= bodyStart && cut < bytes.count
            let sink = reader.takeSink() as? Sink
            #expect(String(decoding: body, as: UTF8.self) == (isDiverted ? "" : "hello world"))
            #expect(sink?.text == (isDiverted ? "hello world" : nil))
            #expect(!reader.hasLeftBody && reader.position == .betweenRequests)
        }
    }

    @Test(
        "a body that nobody will read is left with a client that waits",
        arguments: ["POST", "PUT"],
        ["Content-Length: 11", "Transfer-Encoding: chunked"])
    func leavesBodies(_ method: String, _ framing: String) throws {
        let head = "\(method) / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\(framing)\r\n\r\n"
        for isRead in [false, true] {
            var reader = RequestReader(limits: HTTPLimits()) { _ in Sink(isRead: isRead) }
            let outcome = reader.read(Array(head.utf8).span)
            #expect(reader.hasLeftBody == !isRead)
            if isRead {
                let owesContinue = reader.takeContinue()
                #expect(owesContinue)
            } else if case .request(_, let body) = outcome {
                #expect(body.isEmpty && (reader.takeSink() as? Sink)?.text == "")
            } else {
                Issue.record("\(outcome)")
            }
            // A client that doesn't wait has its body taken.
            var other = RequestReader(limits: HTTPLimits()) { _ in Sink(isRead: isRead) }
            let begun = Array((head + (framing.hasPrefix("C") ? "h" : "b")).utf8)
            let begunOutcome = other.read(begun.span)
            let owesContinue = other.takeContinue()
            #expect(begunOutcome.isIncomplete && !other.hasLeftBody && !owesContinue)
        }
    }

    @Test("a reader says where it is, and whether the sink has room")
    func tells() {
        let sink = Sink()
        var reader = RequestReader(limits: HTTPLimits()) { _ in sink }
        let bytes = Array(
            Self.put("/", "Expect: 100-continue\r\nContent-Length: 11", "hello world").utf8)
        let bodyStart = bytes.count - 11
        let (head, middle) = (Array(bytes[..<bodyStart]), Array(bytes[bodyStart..<bodyStart + 3]))
        let last = Array(bytes[(bodyStart + 3)...])
        _ = reader.read(head.span)
        #expect(reader.takeContinue() == true)
        #expect(reader.position == .inBody(received: 0) && !reader.isFull)
        sink.refuseMore()
        _ = reader.read(middle.span)
        #expect(reader.position == .inBody(received: 3) && reader.isFull)
        // Nothing is received past the sink.
        #expect(reader.receiveBody { _ in 0 } == nil)
        reader.resume()
        #expect(!reader.isFull)
        guard case .request = reader.read(last.span) else {
            Issue.record("the request isn't whole")
            return
        }
        // The next request has nothing to do with it.
        #expect(!reader.isFull && sink.text == "hello world")
    }
}

extension RequestReader.Outcome {
    fileprivate var isIncomplete: Bool {
        if case .needsMore = self { true } else { false }
    }
}
