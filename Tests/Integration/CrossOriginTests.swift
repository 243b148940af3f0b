import Glibc
import NablaAPI
import NablaService
import Testing

/// What browsers are told about pages of other origins (the Fetch standard's CORS protocol).
@Suite struct CrossOriginTests {
    private let app = "https://app.example.org"

    private func withOrigins(
        _ origins: [String], _ body: (TestServer) throws -> Void
    ) throws {
        try withServer {
            $0.crossOrigins = origins
        } _: {
            try body($0)
        }
    }

    private func preflight(
        _ path: String, from origin: String, to server: TestServer
    ) throws -> RawConnection.Answer {
        try ContractTests.send(
            "OPTIONS", path,
            fields: [
                "Origin: \(origin)", "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: authorization,content-type",
            ], to: server)
    }

    private func fields(_ answer: RawConnection.Answer) -> [String: String] {
        answer.fields.filter { $0.key.hasPrefix("access-control-") || $0.key == "vary" }
    }

    @Test func byDefaultNothingIsSaid() throws {
        try withOrigins([]) { server in
            let get = try RawConnection.get(
                "/version", port: server.port, fields: ["Origin: \(app)"])
            #expect(get.status == 200 && fields(get).isEmpty)
            let asked = try preflight("/train", from: app, to: server)
            #expect(asked.status == 204 && fields(asked).isEmpty)
            #expect(asked.fields["allow"] == "POST, OPTIONS")
        }
    }

    @Test func anOriginOfTheListMayReadAnswersAndProblems() throws {
        try withOrigins(["https://other.example.org:8443", app]) { server in
            for (path, status) in [
                ("/version", 200), ("/nothing", 404), ("/runs?limit=0", 400), ("/runs/export", 200),
            ] {
                let answer = try RawConnection.get(
                    path, port: server.port, fields: ["Origin: \(app)"])
                #expect(answer.status == status)
                #expect(
                    fields(answer) == [
                        "access-control-allow-origin": app, "vary": "Origin",
                        "access-control-expose-headers": "*",
                    ])
            }
        }
    }

    @Test func soItMayWhereARequestIsRefused() throws {
        try withServer {
            $0.crossOrigins = [app]
            $0.rate = RateLimit(requestsPerSecond: 1, burst: 2)
        } _: { server in
            let token = try Tokens(dataDirectory: server.directory)
            defer { try? token.close() }
            var statuses: Set<Int> = []
            func ask(_ method: String, _ path: String, _ body: String?, _ field: String) throws {
                let answer = try ContractTests.send(
                    method, path, body, fields: ["Origin: \(app)", field], to: server)
                statuses.insert(answer.status)
                #expect(
                    fields(answer) == [
                        "access-control-allow-origin": app, "vary": "Origin",
                        "access-control-expose-headers": "*",
                    ], "\(answer.status)")
            }
            try ask("DELETE", "/version", nil, "Accept: */*")
            try ask("POST", "/gradients", "{}", "Content-Type: text/plain")
            for _ in 0..<40 where !statuses.contains(429) {
                try ask("GET", "/runs", nil, "Accept: */*")
            }
            _ = try token.create(name: "a", scopes: [.read])
            // The service looks for new tokens now and then.
            for _ in 0..<600 where !statuses.contains(401) {
                try ask("GET", "/runs", nil, "Accept: */*")
                usleep(50_000)
            }
            #expect(statuses.isSuperset(of: [401, 405, 415, 429]))
        }
    }

    /// As is one that is found too long, or not to come, after its head was read.
    @Test(arguments: [
        ("Content-Length: 100\r\n\r\n", 413),
        ("Transfer-Encoding: chunked\r\n\r\n40\r\n", 413),
        ("Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        ("Content-Length: 10\r\n\r\nabc", 408),
    ])
    func soItMayWhereABodyIs(_ rest: String, _ status: Int) throws {
        try withServer {
            $0.crossOrigins = [app]
            $0.server.limits.bodyBytes = 50
            $0.server.timeouts.body = .seconds(1)
        } _: { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "POST /predict HTTP/1.1\r\nHost: a\r\nOrigin: \(app)\r\nX-Request-Id: mine\r\n"
                    + rest)
            let answer = try connection.nextAnswer()
            #expect(answer.status == status && answer.fields["x-request-id"] == "mine")
            #expect(try Problem(parsing: answer.content).instance == "mine")
            #expect(
                fields(answer) == [
                    "access-control-allow-origin": app, "vary": "Origin",
                    "access-control-expose-headers": "*",
                ])
        }
    }

    @Test func othersMayNotAndCachesAreWarned() throws {
        try withOrigins([app]) { server in
            for origin in [
                "https://evil.example.org", "http://app.example.org", "null", app + ":1",
            ] {
                let answer = try RawConnection.get(
                    "/version", port: server.port, fields: ["Origin: \(origin)"])
                #expect(answer.status == 200 && fields(answer) == ["vary": "Origin"])
                let asked = try preflight("/train", from: origin, to: server)
                #expect(asked.status == 204 && fields(asked) == ["vary": "Origin"])
            }
            let plain = try RawConnection.get("/version", port: server.port)
            #expect(fields(plain) == ["vary": "Origin"])
        }
    }

    @Test func aPreflightIsAnsweredWithWhatThePathHas() throws {
        try withOrigins([app]) { server in
            let asked = try preflight("/train", from: app, to: server)
            #expect(asked.status == 204 && asked.body.isEmpty)
            #expect(
                fields(asked) == [
                    "access-control-allow-origin": app, "vary": "Origin",
                    "access-control-expose-headers": "*",
                    "access-control-allow-methods": "POST, OPTIONS",
                    "access-control-allow-headers": "Authorization, *",
                    "access-control-max-age": "600",
                ])
            #expect(try preflight("/nothing", from: app, to: server).status == 404)
        }
    }

    @Test func allOriginsAreAllowedWithoutCredentials() throws {
        try withOrigins(["*"]) { server in
            let asked = try preflight("/train", from: app, to: server)
            #expect(asked.fields["access-control-allow-origin"] == "*")
            #expect(asked.fields["access-control-allow-methods"] == "POST, OPTIONS")
            let answer = try RawConnection.get(
                "/version", port: server.port, fields: ["Origin: null"])
            #expect(
                fields(answer) == [
                    "access-control-allow-origin": "*", "access-control-expose-headers": "*",
                ])
        }
    }

    @Test func noAnswerIsTakenForAnotherTypeThanItSays() throws {
        try withServer { server in
            let answers = [
                try RawConnection.get("/version", port: server.port),
                try RawConnection.get("/nothing", port: server.port),
                try RawConnection.get("/runs/export", port: server.port),
                try RawConnection.post("{", to: "/gradients", port: server.port),
                try RawConnection.get("/version", port: server.port, fields: ["Bad Field: 1"]),
            ]
            #expect(answers.map(\.status) == [200, 404, 200, 400, 400])
            #expect(answers.allSatisfy { $0.fields["x-content-type-options"] == "nosniff" })
            #expect(answers.allSatisfy { $0.fields["x-request-id"]?.count == 36 })
        }
    }
}
