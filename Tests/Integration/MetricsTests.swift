import Foundation
import NablaAPI
import NablaClient
import Testing

/// `GET /metrics` of a real service.
@Suite struct MetricsTests {
    private func requests(
        _ page: MetricsPage, _ route: String, _ status: Int = 200
    ) -> Double? {
        page["nabla_http_requests_total", ["route": route, "status": "\(status)"]]
    }

    @Test func itIsTextThatPrometheusReads() throws {
        try withServer { server in
            let answer = try RawConnection.get(Path.metrics, port: server.port)
            #expect(answer.status == 200)
            #expect(
                answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let page = try MetricsPage(answer.body)
            #expect(page.kinds["nabla_http_requests_total"] == "counter")
            #expect(page.kinds["nabla_http_request_duration_seconds"] == "histogram")
            #expect(page.kinds["process_resident_memory_bytes"] == "gauge")
            #expect(page["nabla_build_info", ["version": "0.1.0"]] == 1)
        }
    }

    @Test func requestsAreCountedByTheRouteAndTheStatus() throws {
        try withServer { server in
            for _ in 0..<3 { _ = try server.client.health() }
            for path in ["/nothing/\(UUID())", "/nothing/\(UUID())", Path.run("none")] {
                #expect(try RawConnection.get(path, port: server.port).status == 404)
            }
            let post = try RawConnection.post("{}", to: Path.healthz, port: server.port)
            #expect(post.status == 405)
            let page = try server.metrics()
            #expect(requests(page, "/healthz") == 3)
            #expect(requests(page, "/healthz", 405) == 1)
            #expect(requests(page, "/runs/{id}", 404) == 1)
            #expect(requests(page, "other", 404) == 2)
            // The page is written before it is counted itself.
            #expect(requests(page, "/metrics") == nil)
            #expect(try requests(server.metrics(), "/metrics") == 1)
            let count = page["nabla_http_request_duration_seconds_count", ["route": "/healthz"]]
            #expect(count == 4)
            let routes = Set(page.values.keys.compactMap { $0.labels["route"] })
            #expect(routes == ["/healthz", "/runs/{id}", "other"])
        }
    }

    @Test func messagesThatAreNoRequestsAreCountedByTheStatus() throws {
        try withServer { server in
            for (message, status) in [("x\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505)] {
                let connection = try RawConnection(port: server.port)
                connection.send(message)
                #expect(try connection.nextAnswer().status == status)
            }
            let page = try server.metrics()
            for status in ["400", "505"] {
                #expect(page["nabla_http_messages_refused_total", ["status": status]] == 1)
            }
        }
    }

    @Test func bytesAndConnectionsAreCounted() throws {
        try withServer { server in
            let idle = try (0..<5).map { _ in try RawConnection(port: server.port) }
            let before = try server.metrics()
            #expect(before["nabla_http_connections"] == 6)
            let body = String(repeating: " ", count: 100_000)
            let answer = try RawConnection.post(body, to: Path.predict, port: server.port)
            #expect(answer.status == 400)
            for connection in idle {
                connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(try connection.nextAnswer().status == 200)
            }
            let after = try server.metrics()
            #expect(after["nabla_http_connections"] == 1)
            #expect(after["nabla_http_connections_total"] == 8)
            let counters = ["nabla_http_received_bytes_total", "nabla_http_sent_bytes_total"]
            let grown = counters.map { (after[$0] ?? 0) - (before[$0] ?? 0) }
            #expect(grown[0] > 100_000 && grown[0] < 102_000)
            #expect(grown[1] > Double(answer.content.count) && grown[1] < 100_000)
        }
    }

    @Test func runsStreamsAndCommitsAreThere() throws {
        try withServer { server in
            let run = try server.client.train(TrainingTests.request(), waitSeconds: 30)
            #expect(run.status == .succeeded)
            let endless = try server.client.train(TrainingTests.request(epochs: 100_000_000))
            let stream = try RawConnection(port: server.port)
            stream.send("GET \(Path.run(endless.id, .events)) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = stream.receive { $0.count > 500 }
            let page = try server.metrics()
            #expect(page["nabla_runs", ["status": "succeeded"]] == 1)
            #expect(page["nabla_runs", ["status": "running"]] == 1)
            #expect(page["nabla_runs", ["status": "failed"]] == 0)
            #expect(page["nabla_http_event_streams"] == 1)
            let count = try #require(page["nabla_store_commit_duration_seconds_count"])
            let sum = try #require(page["nabla_store_commit_duration_seconds_sum"])
            // At least each run's begin and the first one's end.
            #expect(count >= 3)
            #expect(sum > 0)
            let started = try #require(page["process_start_time_seconds"])
            #expect(abs(started - Date().timeIntervalSince1970) < 86_400)
            for name in ["process_open_fds", "process_cpu_seconds_total"] {
                #expect((page[name] ?? 0) > 0, "\(name)")
            }
            #expect((page["process_resident_memory_bytes"] ?? 0) > 10_000_000)
            #expect((page["process_max_fds"] ?? 0) >= (page["process_open_fds"] ?? .infinity))
            #expect(page["nabla_pool_workers", ["pool": "storage"]] == 2)
            #expect(page["nabla_pool_queued_requests", ["pool": "compute"]] == 0)
            // The one that writes the page, once the one that began the stream has heard of its own end.
            var busy = page["nabla_pool_workers_busy", ["pool": "storage"]]
            for _ in 0..<1000 where busy != 1 {
                usleep(10_000)
                busy = try server.metrics()["nabla_pool_workers_busy", ["pool": "storage"]]
            }
            #expect(busy == 1)
        }
    }
}
