import Glibc
import NablaAPI
import NablaService
import Testing

extension Bound {
    private static let get = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A gradient check that takes longer than any test waits: 600² parameters, one by one.
    private static var endlessCheck: String {
        let row = "[" + [String](repeating: "0.01", count: 600).joined(separator: ",") + "]"
        let rows = [String](repeating: row, count: 600).joined(separator: ",")
        let body = """
            {"network": {"layers": [{"weights": [\(rows)], "activation": "tanh"}]},
             "loss": "mean_squared_error", "samples": {"inputs": [\(row)], "targets": [\(row)]}}
            """
        let length = "Content-Length: \(body.utf8.count)"
        return "POST \(Path.check) HTTP/1.1\r\nHost: a\r\n\(length)\r\n\r\n\(body)"
    }

    /// Bounds on how many, and on how much is kept for whoever is slow.
    static let numbers: [Bound] = [
        Bound("http.connections", "2") { server in
            var seated = try (0..<2).map { _ in try server.expect(200, to: get) }
            try server.expect(503, .unavailable, to: "")
            let refused = try RawConnection(port: server.port)
            #expect(try refused.nextAnswer().fields["retry-after"] == "1")
            #expect(try refused.isEnded())
            seated[0].send(get)
            #expect(try seated[0].nextAnswer().status == 200)
            seated.removeLast()
            // A moment passes until the server knows.
            var status = 503
            for _ in 0..<1000 where status == 503 {
                usleep(2000)
                let next = try RawConnection(port: server.port)
                next.send(get)
                status = try next.nextAnswer().status
            }
            #expect(status == 200)
            seated.removeAll()
            try server.wait(for: "nabla_http_connections", toBe: 1)
            #expect(try server.metrics()["nabla_http_connections_refused_total"] ?? 0 >= 2)
        },
        Bound("http.requests_per_connection", "2") { server in
            let connection = try server.expect(200, to: get + get + get)
            let last = try connection.nextAnswer()
            #expect(last.status == 200 && last.fields["connection"] == "close")
            #expect(try connection.isEnded())
        },
        Bound("http.event_streams", "1") { server in
            let run = try server.client.train(TrainingTests.request(epochs: 100_000_000))
            let events = "GET \(Path.run(run.id, .events)) HTTP/1.1\r\nHost: a\r\n\r\n"
            let stream = try server.expect(200, to: events)
            try server.expect(503, .unavailable, to: events)
            try server.wait(for: "nabla_http_event_streams", toBe: 1)
            withExtendedLifetime(stream) {}
        },
        // Not nice, so that the run tells much even while other tests keep the processors busy.
        Bound(
            "http.stream_buffer_bytes", "1024",
            beside: ["http.stream_missed_events": "1000", "training.niceness": "0"]
        ) { server in
            let run = try server.client.train(TrainingTests.request(epochs: 100_000_000))
            let connection = try RawConnection(port: server.port, receiveBuffer: 4096)
            connection.send("GET \(Path.run(run.id, .events)) HTTP/1.1\r\nHost: a\r\n\r\n")
            try server.wait(for: "nabla_http_event_streams_cut_total", toBe: 1)
            try server.wait(for: "nabla_http_event_streams", toBe: 0)
            #expect(try server.client.run(run.id).status == .running)
            withExtendedLifetime(connection) {}
        },
        // Steps enough that the run has fewer epochs by then than the default lets a reader miss.
        Bound(
            "http.stream_missed_events", "10",
            beside: [
                "http.stream_buffer_bytes": "1024", "http.write_seconds": "3600",
                "training.niceness": "0",
            ]
        ) { server in
            let request = try TrainingTests.request(epochs: 100_000_000, steps: 4)
            let run = try server.client.train(request)
            let connection = try RawConnection(port: server.port, receiveBuffer: 4096)
            connection.send("GET \(Path.run(run.id, .events)) HTTP/1.1\r\nHost: a\r\n\r\n")
            try server.wait(for: "nabla_http_event_streams_cut_total", toBe: 1)
            let now = try server.client.run(run.id)
            #expect(now.status == .running && now.progress.epoch < 65_536)
            withExtendedLifetime(connection) {}
        },
        Bound("http.linger_bytes", "1000", beside: ["http.linger_seconds": "60"]) { server in
            let connection = try server.expect(400, to: "no request\r\n\r\n")
            connection.send([UInt8](repeating: 0x20, count: 1000))
            usleep(50_000)
            #expect(try server.metrics()["nabla_http_connections"] == 2)
            connection.send(" ")
            try server.wait(for: "nabla_http_connections", toBe: 1)
            #expect(try server.metrics()["nabla_http_timeouts_total"] == 0)
            withExtendedLifetime(connection) {}
        },
        Bound(
            "pool.queued_requests", "1",
            beside: [
                "pool.workers": "1", "pool.inline_bytes": "0",
                "limits.check_products": "\(Int.max)",
            ]
        ) { server in
            let pool = ["pool": "compute"]
            let busy = try RawConnection(port: server.port)
            busy.send(endlessCheck)
            try server.wait(for: "nabla_pool_workers_busy", pool, toBe: 1)
            let request = "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
            let waiting = try RawConnection(port: server.port)
            waiting.send(request)
            try server.wait(for: "nabla_pool_queued_requests", pool, toBe: 1)
            try server.expect(503, .queueFull, to: request)
            busy.reset()
            #expect(try waiting.nextAnswer().status == 400)
        },
        Bound(
            "training.queued_runs", "1", beside: ["training.concurrent_runs": "1"]
        ) { server in
            let body = try TrainingTests.request(epochs: 100_000_000).json()
            let statuses = try (0..<3).map { _ in
                try RawConnection.post(body, to: Path.train, port: server.port).status
            }
            #expect(statuses == [202, 202, 503])
        },
        Bound(
            "training.queued_runs_per_token", "1", beside: ["training.concurrent_runs": "1"]
        ) { server in
            let body = try TrainingTests.request(epochs: 100_000_000).json()
            let tokens = try Tokens(dataDirectory: server.directory)
            let pair = try ["one", "other"].map { name in
                try tokens.create(name: name, scopes: [.read, .write])
            }
            try tokens.close()
            let train = { (token: String) in
                try RawConnection.post(
                    body, to: Path.train, port: server.port,
                    fields: ["Authorization: Bearer \(token)"])
            }
            // A moment passes until the server knows the tokens; until then everybody may ask.
            let get = "GET \(Path.runs) HTTP/1.1\r\nHost: a\r\n\r\n"
            var status = 200
            for _ in 0..<1000 where status == 200 {
                usleep(10_000)
                let anybody = try RawConnection(port: server.port)
                anybody.send(get)
                status = try anybody.nextAnswer().status
            }
            #expect(status == 401)
            // One trains, and one waits.
            for _ in 0..<2 { #expect(try train(pair[0]).status == 202) }
            let refused = try train(pair[0])
            #expect(refused.status == 503)
            #expect(try Problem(parsing: refused.content).detail.contains("token one"))
            #expect(try train(pair[1]).status == 202)
        },
        Bound(
            "limits.requests_per_second", "1", beside: ["limits.burst_requests": "1"]
        ) { server in try reachRate(of: server, burst: 1) },
        Bound(
            "limits.burst_requests", "3", beside: ["limits.requests_per_second": "1"]
        ) { server in try reachRate(of: server, burst: 3) },
        Bound("training.parameters", "16") { server in
            // It has 17.
            let answer = try RawConnection.post(
                TrainingTests.request().json(), to: Path.train, port: server.port)
            #expect(answer.status == 400)
            #expect(try Problem(parsing: answer.content).kind == .outOfRange)
        },
        Bound("training.epochs", "2") { server in
            for (epochs, status) in [(2, 202), (3, 400)] {
                let answer = try RawConnection.post(
                    TrainingTests.request(epochs: epochs).json(), to: Path.train,
                    port: server.port)
                #expect(answer.status == status, "\(answer.body)")
            }
        },
        Bound("training.samples", "3") { server in
            // It has 4.
            let answer = try RawConnection.post(
                TrainingTests.request().json(), to: Path.train, port: server.port)
            #expect(answer.status == 400)
            #expect(try Problem(parsing: answer.content).pointer == "/samples")
        },
        Bound("training.stored_bytes", "500") { server in
            let answer = try RawConnection.post(
                TrainingTests.request().json(), to: Path.train, port: server.port)
            #expect(answer.status == 400)
            #expect(try Problem(parsing: answer.content).detail.contains("500"))
        },
        Bound("training.text_bytes", "10") { server in
            var request = try TrainingTests.request()
            for (name, status) in [("sixsix", 202), ("sevenis", 400)] {
                (request.name, request.tags) = (name, ["k": "two"])
                let answer = try RawConnection.post(
                    request.json(), to: Path.train, port: server.port)
                #expect(answer.status == status, "\(answer.body)")
            }
            let run = try server.client.runs().runs[0]
            // Together with the name and the tag that are there.
            for (notes, status) in [("é", 400), ("", 200)] {
                let answer = try ContractTests.send(
                    "PATCH", Path.run(run.id), #"{"notes": "\#(notes)"}"#, to: server)
                #expect(answer.status == status, "\(answer.body)")
            }
            #expect(try server.client.run(run.id).notes == "")
        },
        Bound("database.bytes", "300000") { server in
            // Each takes some thousand bytes of it.
            let body = try TrainingTests.request(epochs: 1).json()
            let train = {
                try RawConnection.post(
                    body, to: Path.train, port: server.port, fields: ["Prefer: wait=5"])
            }
            var answer = try train()
            #expect(answer.status == 200)
            for _ in 0..<300 where answer.status == 200 { answer = try train() }
            #expect(answer.status == 503)
            #expect(try Problem(parsing: answer.content).detail.contains("full"))
        },
        Bound("training.wait_seconds", "1") { server in
            let answer = try RawConnection.post(
                TrainingTests.request(epochs: 100_000_000).json(), to: Path.train,
                port: server.port, fields: ["Prefer: wait=600"])
            #expect(answer.status == 202)
        },
    ]

    /// Sends one request more than may come at once, in one piece, so that no second goes by.
    private static func reachRate(of server: TestServer, burst: Int) throws {
        let get = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
        let connection = try RawConnection(port: server.port)
        connection.send(String(repeating: get, count: burst + 1))
        for _ in 0..<burst { #expect(try connection.nextAnswer().status == 200) }
        let refused = try connection.nextAnswer()
        #expect(refused.status == 429 && refused.fields["retry-after"] == "1")
    }
}
