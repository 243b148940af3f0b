import Foundation
import Logging
import NablaClient
import Synchronization
import Testing

@testable import NablaCLI

/// The log for programs: an object a line, each about a request with its id, none with a secret.
@Suite struct JSONLogTests {
    private func objects(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any], "\(line)")
        }
    }

    @Test func eachLineOfAServerIsAnObject() throws {
        let folder = try TemporaryFolder()
        let made = try Program.run(
            "token", "create", "--name", "ci", "--scope", "read", "--data", folder.file("data"))
        let token = String(made.output.dropLast())
        let served = try ServedProgram(
            data: folder.file("data"), ["--log-format", "json", "--log-level", "debug"])
        let server = "http://\(served.address)"
        let holder = Client(ClientConfiguration(server: server, token: token))
        #expect(try holder.runs(RunsQuery(name: "secret-query")).runs.isEmpty)
        let missing = try id { try holder.run("x") }
        let stranger = Client(ClientConfiguration(server: server, token: "nabla_wrong-token"))
        let refused = try id { try stranger.runs() }
        let result = try served.end()
        let lines = try objects(result.errors)
        #expect(lines.allSatisfy { ($0["time"] as? String)?.hasSuffix("Z") == true })
        #expect(lines.allSatisfy { $0["level"] is String && $0["message"] is String })
        #expect(lines.contains { $0["message"] as? String == "listening on \(served.address)" })
        let line = try #require(lines.first { $0["request_id"] as? String == missing })
        #expect(line["level"] as? String == "debug")
        #expect(line["method"] as? String == "GET" && line["path"] as? String == "/runs/x")
        #expect(line["status"] as? Int == 404 && line["token"] as? String == "ci")
        #expect((line["milliseconds"] as? Double ?? -1) > 0 && (line["bytes"] as? Int ?? 0) > 0)
        let other = try #require(lines.first { $0["request_id"] as? String == refused })
        #expect(other["status"] as? Int == 401 && other["token"] == nil)
        #expect(lines.contains { $0["path"] as? String == "/runs" && $0["status"] as? Int == 200 })
        for secret in [token, "secret-query", "wrong-token"] {
            #expect(!result.errors.contains(secret))
        }
    }

    /// The id of the request that a call makes, which fails.
    private func id(_ body: () throws -> Any) throws -> String {
        let error = #expect(throws: ClientError.self) { _ = try body() }
        guard case .problem(let problem) = error, let id = problem.instance else {
            throw TestFailure("\(String(describing: error))")
        }
        return id
    }

    @Test func aTextCantBeginAnotherLineAndNumbersStayNumbers() throws {
        let written = Mutex<[UInt8]>([])
        var logger = Logger(label: "test") { _ in
            JSONLogHandler { bytes in written.withLock { $0 += bytes } }
        }
        logger.logLevel = .debug
        logger[metadataKey: "port"] = .stringConvertible(8080)
        logger.debug(
            "one\ntwo \"three\"\u{1}",
            metadata: [
                "a\"b": "x\ny", "ratio": .stringConvertible(0.25),
                "list": ["1", .stringConvertible(2)], "map": ["k": "v"],
                "other": .stringConvertible(UInt8(3)),
            ])
        logger.trace("unseen")
        let text = String(decoding: written.withLock { $0 }, as: UTF8.self)
        #expect(text.hasSuffix("}\n") && text.filter(\.isNewline).count == 1, "\(text)")
        let line = try #require(try objects(text).first)
        #expect(line["message"] as? String == "one\ntwo \"three\"\u{1}")
        #expect(line["a\"b"] as? String == "x\ny" && line["port"] as? Int == 8080)
        #expect(line["ratio"] as? Double == 0.25 && line["other"] as? String == "3")
        #expect((line["list"] as? [Any])?.count == 2)
        #expect((line["map"] as? [String: String]) == ["k": "v"])
    }
}
