import Glibc
import NablaAPI
import NablaClient
import Testing

/// Callers that stop in the middle: of their body, of waiting, of an event stream.
@Suite struct LeavingCallerTests {
    private func head(_ path: String, _ fields: String...) -> String {
        (["POST \(path) HTTP/1.1", "Host: test", "Content-Type: application/json"] + fields
            + ["", ""]).joined(separator: "\r\n")
    }

    /// Waits until the newest run is as the test wants it.
    private func newestRun(on server: TestServer, _ isSo: (Run) -> Bool) throws -> Run {
        for _ in 0..<10_000 {
            if let run = try server.client.runs().runs.first, isSo(run) { return run }
            usleep(2000)
        }
        throw TestFailure("waited too long for the run")
    }

    @Test("a body cut short is refused or unanswered, and makes no run", arguments: [false, true])
    func cutShort(_ isReset: Bool) throws {
        let body = String(decoding: try TrainingTests.request().json(), as: UTF8.self)
        try withServer { server in
            for count in [0, 1, body.utf8.count / 2, body.utf8.count - 1] {
                let part = String(body.prefix(count))
                let framed = count == 0 ? "" : String(count, radix: 16) + "\r\n\(part)\r\n"
                for message in [
                    head(Path.train, "Content-Length: \(body.utf8.count)") + part,
                    // Without the chunk of length 0 the body isn't at its end either.
                    head(Path.train, "Transfer-Encoding: chunked") + framed,
                ] {
                    let connection = try RawConnection(port: server.port)
                    connection.send(message)
                    if isReset {
                        connection.reset()
                        continue
                    }
                    connection.finishSending()
                    let answer = connection.receive()
                    guard !answer.isEmpty else { continue }
                    #expect(try RawConnection.Answer(answer).status == 400)
                }
            }
            let run = try server.client.train(TrainingTests.request(), waitSeconds: 30)
            #expect(run.status == .succeeded)
            #expect(try server.client.runs().runs.map(\.id) == [run.id])
        }
    }

    @Test func aRunGoesOnWithoutTheCallerWhoWaitedForIt() throws {
        let body = String(
            decoding: try TrainingTests.request(epochs: 2000).json(), as: UTF8.self)
        try withServer { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                head(Path.train, "Prefer: wait=30", "Content-Length: \(body.utf8.count)") + body)
            _ = try newestRun(on: server) { _ in true }
            connection.reset()
            let ended = try newestRun(on: server) { $0.status.isEnded }
            #expect(ended.status == .succeeded)
        }
    }

    @Test func aRunGoesOnWithoutThoseWhoFollowedIt() throws {
        try withServer { server in
            let run = try server.client.train(TrainingTests.request(epochs: 5000))
            for count in [1, 500, 20_000] {
                let connection = try RawConnection(port: server.port)
                connection.send(
                    "GET \(Path.run(run.id, .events)) HTTP/1.1\r\nHost: test\r\n\r\n")
                _ = connection.receive { $0.count >= count }
                connection.reset()
            }
            let ended = try newestRun(on: server) { $0.status.isEnded }
            #expect(ended.status == .succeeded)
            #expect(try server.client.metrics(ofRun: run.id)["loss"].count == 5000)
        }
    }
}
