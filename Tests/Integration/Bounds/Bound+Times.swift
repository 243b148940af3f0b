import Glibc
import NablaAPI
import Testing

extension Bound {
    private static let get = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let post = "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"

    /// Expects 408 and the connection's end, and none of it before so many seconds are over.
    private static func expectTimeout(
        after seconds: Double, of server: TestServer, sending bytes: [UInt8],
        before end: Double = 60
    ) throws {
        let connection = try RawConnection(port: server.port, patience: 60)
        let start = ContinuousClock.now
        connection.send(bytes)
        let answer = try connection.nextAnswer()
        // The clock began when the server read, after this one.
        #expect(ContinuousClock.now - start >= .seconds(seconds))
        #expect(ContinuousClock.now - start < .seconds(end))
        #expect(answer.status == 408)
        #expect(try Problem(parsing: answer.content).kind == .requestTimeout)
        #expect(try connection.isEnded())
    }

    /// Bounds on how long a client may take.
    static let times: [Bound] = [
        Bound("http.head_seconds", "1") { server in
            try expectTimeout(after: 1, of: server, sending: Array("GET /healthz HT".utf8))
        },
        Bound("http.body_seconds", "1") { server in
            try expectTimeout(after: 1, of: server, sending: Array(post.utf8))
            // A minute and a half would be granted to what has arrived, but nothing follows.
            let part = [UInt8](repeating: 0x20, count: 100_000)
            try expectTimeout(after: 1, of: server, sending: Array(post.utf8) + part, before: 30)
        },
        Bound(
            "http.body_bytes_per_second", "100000", beside: ["http.body_seconds": "1"]
        ) { server in
            // Something comes all the time, but a quarter of what should; at the default rate the whole body would be
            // taken, and refused as no JSON.
            let connection = try RawConnection(port: server.port)
            connection.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            for _ in 0..<40 {
                connection.send([UInt8](repeating: 0x20, count: 2500))
                usleep(100_000)
            }
            #expect(try connection.nextAnswer().status == 408)
        },
        Bound("http.idle_seconds", "1") { server in
            let connection = try RawConnection(port: server.port)
            connection.send(get)
            #expect(try connection.nextAnswer().status == 200)
            let start = ContinuousClock.now
            #expect(try connection.isEnded())
            // The clock of the server began a little before this one.
            #expect(ContinuousClock.now - start >= .milliseconds(900))
        },
        Bound("http.heartbeat_seconds", "1", beside: ["training.concurrent_runs": "1"]) { server in
            _ = try server.client.train(TrainingTests.request(epochs: 100_000_000))
            let waiting = try server.client.train(TrainingTests.request(epochs: 1))
            let connection = try RawConnection(port: server.port)
            connection.send("GET \(Path.run(waiting.id, .events)) HTTP/1.1\r\nHost: a\r\n\r\n")
            let start = ContinuousClock.now
            let beat = "\r\n\r\n3\r\n:\n\n\r\n3\r\n:\n\n\r\n"
            let received = connection.receive {
                $0.suffix(beat.utf8.count) == Array(beat.utf8)[...]
            }
            #expect(String(decoding: received, as: UTF8.self).hasSuffix(beat))
            // Two of them, and nothing else; the clock of the server began a little before this one.
            #expect(ContinuousClock.now - start >= .milliseconds(1900))
        },
        Bound("http.write_seconds", "1") { server in
            let connection = try RawConnection(port: server.port, receiveBuffer: 4096)
            // Far more than the system holds for a client that reads nothing.
            let request = "GET \(Path.openAPI) HTTP/1.1\r\nHost: a\r\n\r\n"
            connection.send(String(repeating: request, count: 200))
            try server.wait(for: "nabla_http_timeouts_total", toBe: 1)
            let received = connection.receive().count
            #expect(received > 0 && received < 20_000_000)
        },
        Bound("http.linger_seconds", "1") { server in
            let connection = try server.expect(400, to: "no request\r\n\r\n")
            let start = ContinuousClock.now
            try server.wait(for: "nabla_http_timeouts_total", toBe: 1)
            #expect(ContinuousClock.now - start >= .milliseconds(900))
            // Only the one that asks; the client of the other has closed nothing.
            try server.wait(for: "nabla_http_connections", toBe: 1)
            #expect(try connection.isEnded())
        },
    ]
}
