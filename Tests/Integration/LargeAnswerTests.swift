import NablaAPI
import Testing

/// Small requests for large answers, over a real socket.
@Suite struct LargeAnswerTests {
    @Test func theOutputsOfManyRowsAndUnitsAreRefused() throws {
        let rows =
            "[" + [String](repeating: "[0]", count: 100_000).joined(separator: ",") + "]"
        let body = #"{"network": {"layers": [{"weights": \#(rows)}]}, "inputs": \#(rows)}"#
        try withServer { server in
            let answer = try RawConnection.post(body, to: Path.predict, port: server.port)
            #expect(answer.status == 400)
            let problem = try Problem(parsing: answer.content)
            #expect(problem.kind == .outOfRange && problem.pointer == "/inputs")
            #expect(
                problem.detail
                    == "outputs would be 100000 times 100000 numbers; 33554432 are the most")
            #expect(try server.client.health().status == "ok")
        }
    }

    /// So many requests for the gradients of 20 weights, with what `defaults` have beside: more than a
    /// worker takes at a time.
    private static func batch(_ more: String = "") -> String {
        let row = "[" + [String](repeating: "0", count: 20).joined(separator: ",") + "]"
        let requests = [String](repeating: "{}", count: 40).joined(separator: ",")
        return """
            {"defaults": {"network": {"layers": [{"weights": [\(row)]}]},
                          "loss": "mean_squared_error",
                          "samples": {"inputs": [\(row)], "targets": [0]}\(more)},
             "requests": [\(requests)]}
            """
    }

    @Test("the answers of a batch are counted together", arguments: [1, 2, 8])
    func batches(_ workers: Int) throws {
        // A loss and 20 gradients each.
        for (most, status) in [(40 * 21, 200), (40 * 21 - 1, 400)] {
            try withServer { settings in
                settings.pool.workers = workers
                settings.resultNumbers = most
            } _: { server in
                let answer = try RawConnection.post(
                    Self.batch(), to: Path.gradientsBatch, port: server.port)
                #expect(answer.status == status, "\(answer.body)")
                guard status == 400 else { return }
                let problem = try Problem(parsing: answer.content)
                #expect(problem.kind == .outOfRange && problem.pointer == "/requests")
                #expect(
                    problem.detail
                        == "the answers have more than 839 numbers together: send fewer requests at a time"
                )
                #expect(try server.client.health().status == "ok")
            }
        }
    }

    @Test func whatABatchIncludesIsCountedToo() throws {
        // 20 numbers more each, of the inputs' gradients.
        for (most, status) in [(40 * 41, 200), (40 * 41 - 1, 400)] {
            try withServer { settings in
                settings.resultNumbers = most
            } _: { server in
                let body = Self.batch(#", "include": ["input_gradients"]"#)
                let answer = try RawConnection.post(
                    body, to: Path.gradientsBatch, port: server.port)
                #expect(answer.status == status, "\(answer.body)")
            }
        }
    }

    /// What a request repeats from the defaults is text, in each of its problems.
    @Test("so is text that isn't that of numbers", arguments: [(1, 200), (4096, 400)])
    func text(_ length: Int, _ status: Int) throws {
        try withServer { settings in
            settings.resultNumbers = 40 * 21
        } _: { server in
            let name = String(repeating: "x", count: length)
            let answer = try RawConnection.post(
                Self.batch(#", "wrt": ["\#(name)"]"#), to: Path.gradientsBatch, port: server.port)
            #expect(answer.status == status, "\(answer.body.prefix(1000))")
            #expect(answer.body.contains(status == 200 ? "no layer named x" : "/requests"))
        }
    }
}
