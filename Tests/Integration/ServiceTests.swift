import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService
import Synchronization
import Testing

/// What holds for every call: routes, fields of the answer, bounds, and callers that go away.
@Suite struct ServiceTests {
    /// A small good body for `/gradients`.
    static let body = """
        {"network": {"layers": [{"weights": [[0.5, -0.5]], "bias": [0.1], "activation": "sigmoid"}]},
         "loss": "binary_cross_entropy", "samples": {"inputs": [[1, 2]], "targets": [[1]]}}
        """

    /// A network and samples that take a worker a second and more: 50 GFLOP.
    static func heavyBody() throws -> [UInt8] {
        let width = 512
        let weights = try Tensor(
            (0..<width * width).map { Float($0 % 13) * 0.01 - 0.06 }, shape: [width, width])
        let layer = Layer(.dense(try Dense(weights: weights, bias: nil, activation: .tanh)))
        let inputs = try Tensor(
            [Float](repeating: 0.5, count: 2048 * width), shape: [2048, width])
        return try GradientsRequest(
            network: .inline(Network(layers: [Layer](repeating: layer, count: 4))),
            loss: Loss(.meanSquaredError), samples: Samples(inputs: inputs, targets: inputs),
            dtype: .float64, encoding: .base64
        ).json()
    }

    @Test func anAnswerCarriesItsIDAndItsTimes() throws {
        try withServer { server in
            let answer = try RawConnection.post(
                Self.body, to: Path.gradients, port: server.port,
                fields: ["X-Request-Id: my-own.id_7"])
            #expect(answer.status == 200)
            #expect(answer.fields["x-request-id"] == "my-own.id_7")
            #expect(answer.fields["content-type"] == "application/json")
            let timing = try #require(answer.fields["server-timing"])
            for part in ["parse", "queue", "compute", "write"] {
                #expect(timing.contains("\(part);dur="))
            }
            let other = try RawConnection.post(
                Self.body, to: Path.gradients, port: server.port,
                fields: ["X-Request-Id: not sane"])
            let id = try #require(other.fields["x-request-id"])
            #expect(id.count == 36 && id != "not sane")
        }
    }

    @Test func anIDIsKeptUpToItsLength() throws {
        try withServer { server in
            for (length, isKept) in [(1, true), (128, true), (129, false)] {
                let id = String(repeating: "x", count: length)
                for path in ["/version", "/nothing", "/runs/export"] {
                    let answer = try RawConnection.get(
                        path, port: server.port, fields: ["X-Request-Id: \(id)"])
                    #expect((answer.fields["x-request-id"] == id) == isKept, "\(length) \(path)")
                }
            }
        }
    }

    @Test func itIsToldByTheIDThatItsAnswerHas() throws {
        let told = Mutex<[String]>([])
        let server = try TestServer(onEvent: { event in
            if case .answered(let request) = event { told.withLock { $0.append(request.id) } }
        })
        defer {
            server.stop()
            try? FileManager.default.removeItem(atPath: server.directory)
        }
        // On the loop, a second time with its form known, by a worker, bit by bit, and refused.
        let ids = try [
            RawConnection.post(Self.body, to: Path.gradients, port: server.port),
            RawConnection.post(Self.body, to: Path.gradients, port: server.port),
            RawConnection.get("/runs", port: server.port),
            RawConnection.get("/runs/export", port: server.port),
            RawConnection.get("/nothing", port: server.port, fields: ["X-Request-Id: mine"]),
        ].map { $0.fields["x-request-id"] }
        #expect(told.withLock { $0 } == ids)
    }

    @Test func theGradientIsTheFormulasOwn() throws {
        try withServer { server in
            let answer = try RawConnection.post(Self.body, to: Path.gradients, port: server.port)
            let response = try GradientsResponse(parsing: Array(answer.body.utf8))
            // z = 0.5 − 1 + 0.1, and ∂L/∂z = a − y.
            let error = 1 / (1 + exp(0.4)) - 1
            let found = try #require(response.gradients[0].weights).values(as: Double.self)
            #expect(zip(found, [error, 2 * error]).allSatisfy { abs($0 - $1) < 1e-15 })
        }
    }

    @Test func anUnknownPathIsNotFound() throws {
        try withServer { server in
            for path in [
                "/", "/gradient", "/gradients/", "/runs/", "/runs/x/y", "/runs/x/metrics/z",
            ] {
                #expect(try RawConnection.get(path, port: server.port).status == 404, "\(path)")
            }
            let unknown = "/runs/0190a0a0-0000-7000-8000-000000000000"
            for part in ["", "/metrics", "/network", "/events"] {
                let answer = try RawConnection.get(unknown + part, port: server.port)
                #expect(answer.status == 404, "\(part): \(answer.body)")
            }
        }
    }

    @Test func anotherMethodIsToldTheAllowedOnes() throws {
        try withServer { server in
            let get = try RawConnection.get(Path.gradients, port: server.port)
            #expect(get.status == 405)
            #expect(get.fields["allow"] == "POST, OPTIONS")
            let post = try RawConnection.post("{}", to: Path.runs, port: server.port)
            #expect(post.status == 405)
            #expect(post.fields["allow"] == "GET, HEAD, OPTIONS")
        }
    }

    @Test func anotherMediaTypeIsRefused() throws {
        try withServer { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\n"
                    + "Content-Length: 2\r\nConnection: close\r\n\r\n{}")
            #expect(try connection.receiveAnswer().status == 415)
        }
    }

    @Test func headHasTheFieldsOfGetAndNoBody() throws {
        try withServer { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "HEAD /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            let text = String(decoding: connection.receive(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            #expect(text.hasSuffix("\r\n\r\n"))
            #expect(text.lowercased().contains("content-length: 15"))
        }
    }

    @Test func aWrongQueryIsRefused() throws {
        try withServer { server in
            for query in [
                "limit=0", "limit=x", "status=done", "stauts=queued", "limit=1&limit=2",
                "cursor=nonsense",
            ] {
                let answer = try RawConnection.get("/runs?\(query)", port: server.port)
                #expect(answer.status == 400, "\(query): \(answer.body)")
            }
        }
    }

    @Test func healthAndReadinessAndVersion() throws {
        try withServer { server in
            let client = server.client
            let (health, readiness) = (try client.health(), try client.readiness())
            #expect(health.status == "ok" && readiness.status == "ok")
            #expect(try client.version().name == "nabla")
        }
    }
}

extension ServiceTests {
    @Test func aBodyOverTheLimitIsRefusedBeforeItIsRead() throws {
        try withServer { settings in
            settings.server.limits.bodyBytes = 1000
        } _: { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 1001\r\n\r\n")
            // Nothing of the body was sent, and yet there is the answer.
            let answer = try connection.receiveAnswer()
            #expect(answer.status == 413)
            #expect(try Problem(parsing: Array(answer.body.utf8)).kind == .contentTooLarge)
            #expect(answer.body.contains("1000"))
            let good = try RawConnection.post(Self.body, to: Path.gradients, port: server.port)
            #expect(good.status == 200)
        }
    }

    @Test func aChunkedBodyOverTheLimitIsRefused() throws {
        try withServer { settings in
            settings.server.limits.bodyBytes = 1000
        } _: { server in
            let connection = try RawConnection(port: server.port)
            connection.send(
                "POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n")
            connection.send("400\r\n" + String(repeating: " ", count: 1024) + "\r\n")
            #expect(try connection.receiveAnswer().status == 413)
        }
    }

    @Test func aBodyCutShortHarmsNobody() throws {
        try withServer { server in
            for _ in 0..<20 {
                let connection = try RawConnection(port: server.port)
                connection.send(
                    "POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 5000\r\n\r\n{\"network\":")
                connection.finishSending()
                let answer = connection.receive()
                #expect(answer.isEmpty || String(decoding: answer, as: UTF8.self).contains(" 400 "))
            }
            let good = try RawConnection.post(Self.body, to: Path.gradients, port: server.port)
            #expect(good.status == 200)
        }
    }

    @Test func aCallerThatLeavesInTheMiddleHarmsNobody() throws {
        try withServer { server in
            for count in [1, 20, 60, Self.body.utf8.count] {
                let request = Array(
                    ("POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(Self.body.utf8.count)\r\n\r\n" + Self.body).utf8)
                let connection = try RawConnection(port: server.port)
                connection.send(Array(request.prefix(request.count - Self.body.utf8.count + count)))
                connection.reset()
            }
            let good = try RawConnection.post(Self.body, to: Path.gradients, port: server.port)
            #expect(good.status == 200)
        }
    }

    @Test func aCallerThatLeavesFreesTheWorker() throws {
        let heavy = try Self.heavyBody()
        try withServer { settings in
            settings.pool.workers = 1
        } _: { server in
            let head = Array(
                ("POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(heavy.count)\r\n\r\n").utf8)
            for _ in 0..<3 {
                let connection = try RawConnection(port: server.port)
                connection.send(head + heavy)
                usleep(50_000)
                connection.reset()
            }
            // Three whole computations would take longer than a caller may be kept waiting.
            let answer = try server.client.gradients(
                GradientsRequest(parsing: Array(Self.body.utf8)))
            #expect(answer.samples == 1)
        }
    }

    @Test func aFullQueueAnswers503WithRetryAfter() throws {
        let heavy = try Self.heavyBody()
        try withServer { settings in
            settings.pool.workers = 1
            settings.pool.queuedRequests = 1
            settings.pool.inlineBytes = 0
        } _: { server in
            let head = Array(
                ("POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(heavy.count)\r\n\r\n").utf8)
            let first = try RawConnection(port: server.port)
            first.send(head + heavy)
            usleep(100_000)
            // A step of the first must end before the one that waits has its turn: half a minute under a sanitizer.
            let small = (0..<4).compactMap { _ in
                try? RawConnection(port: server.port, patience: 120)
            }
            for connection in small {
                connection.send(
                    "POST /gradients HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(Self.body.utf8.count)\r\n\r\n" + Self.body)
                usleep(20_000)
            }
            // One of them waits; the others are refused while the first is computed.
            let refused = try small.suffix(3).map { try $0.receiveAnswer() }
            #expect(refused.map(\.status) == [503, 503, 503])
            #expect(refused.allSatisfy { $0.fields["retry-after"] != nil })
            let problem = try Problem(parsing: Array(refused[0].body.utf8))
            #expect(problem.kind == .queueFull)
            first.reset()
            #expect(try small[0].receiveAnswer().status == 200)
        }
    }
}
