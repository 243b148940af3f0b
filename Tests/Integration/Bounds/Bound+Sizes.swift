import NablaAPI
import NablaGzip
import Testing

extension Bound {
    private static let get = "GET /healthz HTTP/1.1\r\nHost: a\r\n"
    private static let chunked = get + "Transfer-Encoding: chunked\r\n\r\n"

    /// A head of so many bytes.
    private static func head(_ count: Int) -> String {
        get + "X: " + String(repeating: "x", count: count - get.utf8.count - 7) + "\r\n\r\n"
    }

    private static func post(_ body: String, to path: String = Path.predict) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func put(_ csv: String) -> String {
        "PUT /datasets/a?target=t HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
            + "Content-Length: \(csv.utf8.count)\r\n\r\n\(csv)"
    }

    /// Bounds of one message, each reached exactly and then by one more.
    static let sizes: [Bound] = [
        Bound("limits.head_bytes", "256") { server in
            try server.expect(200, to: head(256))
            try server.expect(431, .fieldsTooLarge, to: head(257))
            // Refused without waiting for the head's end.
            try server.expect(431, .fieldsTooLarge, to: String(head(300).dropLast(4)))
        },
        Bound("limits.target_bytes", "16") { server in
            let target = "/healthz?" + String(repeating: "x", count: 7)
            try server.expect(200, to: "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
            try server.expect(414, .targetTooLong, to: "GET \(target)x HTTP/1.1\r\nHost: a\r\n\r\n")
        },
        Bound("limits.fields", "3") { server in
            try server.expect(200, to: get + "A: 1\r\nB: 2\r\n\r\n")
            try server.expect(431, .fieldsTooLarge, to: get + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n")
        },
        Bound("limits.body_bytes", "100") { server in
            try server.expect(400, .malformedJSON, to: post(String(repeating: " ", count: 100)))
            // The head alone, so none of the body can have been read.
            let head = "POST /predict HTTP/1.1\r\nHost: a\r\n"
            try server.expect(413, .contentTooLarge, to: head + "Content-Length: 101\r\n\r\n")
            try server.expect(
                413, .contentTooLarge, to: head + "Transfer-Encoding: chunked\r\n\r\n65\r\n")
            let expecting = head + "Expect: 100-continue\r\nContent-Length: 101\r\n\r\n"
            try server.expect(413, .contentTooLarge, to: expecting)
        },
        Bound("limits.upload_bytes", "100", beside: ["limits.body_bytes": "50"]) { server in
            let csv = "x,t\n" + String(repeating: "1,2\n", count: 24)
            try server.expect(201, to: put(csv))
            let head = "PUT /datasets/a?target=t HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
            try server.expect(413, .contentTooLarge, to: head + "Content-Length: 101\r\n\r\n")
            try server.expect(
                413, .contentTooLarge, to: head + "Transfer-Encoding: chunked\r\n\r\n65\r\n")
            // What memory has in the end has memory's bound: other datasets, and a row.
            for other in ["/datasets/a", "/networks/a"] {
                let head = "PUT \(other) HTTP/1.1\r\nHost: a\r\n"
                try server.expect(413, .contentTooLarge, to: head + "Content-Length: 51\r\n\r\n")
            }
            let wide = "x,t" + String(repeating: " ", count: 50)
            try server.expect(413, .contentTooLarge, to: put(wide + "\n1,2\n"))
        },
        Bound("limits.scratch_bytes", "250") { server in
            // With the 104 bytes of the file that is made of them, whose head has 96.
            let csv = "x,t\n1,2\n"
            try server.expect(201, to: put(csv + String(repeating: "\n", count: 100)))
            try server.expect(503, .unavailable, to: put(csv + String(repeating: "\n", count: 200)))
            try server.expect(503, .unavailable, to: put(csv + String(repeating: "\n", count: 300)))
            // It was given back each time, and is before the answer.
            for _ in 0..<50 {
                try server.expect(200, to: put(csv + String(repeating: "\n", count: 100)))
            }
        },
        Bound("limits.inflated_bytes", "1000") { server in
            for (count, kind) in [(1000, Problem.Kind.malformedJSON), (1001, .contentTooLarge)] {
                let spaces = [UInt8](repeating: 0x20, count: count)
                let body = try #require(Gzip.compressed(spaces))
                let answer = try RawConnection.post(
                    body, to: Path.predict, port: server.port, fields: ["Content-Encoding: gzip"])
                let problem = try Problem(parsing: answer.content)
                #expect(problem.kind == kind && answer.status == kind.status)
            }
        },
        Bound("limits.chunk_line_bytes", "16") { server in
            try server.expect(200, to: chunked + "1;aaaaaaaaaaaaa\r\nx\r\n0\r\n\r\n")
            try server.expect(400, .malformedRequest, to: chunked + "1;aaaaaaaaaaaaaaaaa")
        },
        Bound("limits.chunk_extension_bytes", "20") { server in
            let chunk = "1;aaaaaaa\r\nx\r\n"
            try server.expect(200, to: chunked + chunk + chunk + "0\r\n\r\n")
            try server.expect(400, .malformedRequest, to: chunked + chunk + chunk + chunk)
        },
        Bound("limits.trailer_bytes", "16") { server in
            let trailer = "A: " + String(repeating: "x", count: 9) + "\r\n\r\n"
            try server.expect(200, to: chunked + "0\r\n" + trailer)
            try server.expect(431, .fieldsTooLarge, to: chunked + "0\r\nA: xxxxxxxxxxxxxx")
        },
        Bound("limits.json_depth", "6") { server in
            // The body, network, layers, one of them, its weights, and a row of these.
            let body = #"{"network": {"layers": [{"weights": [[2]]}]}, "inputs": [[3]]}"#
            try server.expect(200, to: post(body))
            try server.expect(400, .malformedJSON, to: post(body.replacing("[2]", with: "[[2]]")))
        },
        Bound("limits.batch_requests", "1") { server in
            for (requests, status) in [("{}", 200), ("{}, {}", 413)] {
                try server.expect(
                    status, to: post(#"{"requests": [\#(requests)]}"#, to: Path.gradientsBatch))
            }
        },
        Bound("limits.filter_conditions", "2") { server in
            let conditions = ["epochs%3E0", "epochs%3E1", "epochs%3E2"]
            for (count, status) in [(2, 200), (3, 400)] {
                let filter = conditions.prefix(count).joined(separator: "%20and%20")
                try server.expect(
                    status, status == 400 ? .invalidParameter : nil,
                    to: "GET \(Path.runs)?filter=\(filter) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
        },
        Bound("limits.filter_values", "2") { server in
            for (list, status) in [("1,2", 200), ("1,2,3", 400)] {
                try server.expect(
                    status, status == 400 ? .invalidParameter : nil,
                    to:
                        "GET \(Path.runs)?filter=epochs%20in%20(\(list)) HTTP/1.1\r\nHost: a\r\n\r\n"
                )
            }
        },
        Bound("limits.compared_runs", "2") { server in
            let ids = try (0..<3).map { _ in
                try server.client.train(TrainingTests.request(epochs: 1)).id
            }
            for (count, status) in [(2, 200), (3, 400)] {
                let compared = ids.prefix(count).joined(separator: ",")
                try server.expect(
                    status, status == 400 ? .invalidParameter : nil,
                    to: "GET \(Path.runsCompare)?ids=\(compared) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
        },
        Bound("limits.result_numbers", "4") { server in
            for (count, status) in [(2, 200), (3, 400)] {
                let rows = [String](repeating: "[1]", count: count).joined(separator: ",")
                let pairs = [String](repeating: "[1,1]", count: count).joined(separator: ",")
                // Two outputs a sample.
                let network = #""network": {"layers": [{"weights": [[1],[1]]}]}"#
                let samples = """
                    "loss": "mean_squared_error", \
                    "samples": {"inputs": [\(rows)], "targets": [\(pairs)]}
                    """
                for (path, rest) in [
                    (Path.predict, #""inputs": [\#(rows)]"#), (Path.check, samples),
                    (Path.gradients, samples + #", "include": ["outputs"]"#),
                ] {
                    try server.expect(
                        status, status == 400 ? .outOfRange : nil,
                        to: post("{\(network), \(rest)}", to: path))
                }
                try server.expect(200, to: post("{\(network), \(samples)}", to: Path.gradients))
            }
            // A loss and a gradient each.
            let request = """
                {"network": {"layers": [{"weights": [[1]]}]}, "loss": "mean_squared_error",
                 "samples": {"inputs": [[1]], "targets": [[1]]}}
                """
            for (count, status) in [(2, 200), (3, 400)] {
                let requests = [String](repeating: request, count: count).joined(separator: ",")
                try server.expect(
                    status, status == 400 ? .outOfRange : nil,
                    to: post(#"{"requests": [\#(requests)]}"#, to: Path.gradientsBatch))
            }
        },
        Bound("limits.check_products", "7") { server in
            // 2 · 1 parameter² · samples.
            for (count, status) in [(3, 200), (4, 422)] {
                let rows = [String](repeating: "[1]", count: count).joined(separator: ",")
                let body = """
                    {"network": {"layers": [{"weights": [[2]]}]}, "loss": "mean_squared_error",
                     "samples": {"inputs": [\(rows)], "targets": [\(rows)]}}
                    """
                try server.expect(
                    status, status == 422 ? .tooMuchWork : nil, to: post(body, to: Path.check))
            }
        },
    ]
}
