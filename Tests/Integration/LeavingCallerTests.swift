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

    /// Waits until the run of that number in the history, newest first, has ended.
    private func end(of run: Int, on server: TestServer) throws -> Run {
        for _ in 0..<1000 {
            let runs = try server.client.runs().runs
            if runs.count > run, runs[run].status.isEnded { return runs[run] }
            usleep(20_000)
        }
        throw TestFailure("the run didn't end")
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
            while try server.client.runs().runs.isEmpty { usleep(1000) }
            connection.reset()
            #expect(try end(of: 0, on: server).status == .succeeded)
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
            let ended = try end(of: 0, on: server)
            #expect(ended.status == .succeeded)
            #expect(try server.client.metrics(ofRun: run.id)["loss"].count == 5000)
        }
    }
}
