import Foundation
import NablaAPI
import Testing

/// What stands in config/ for those who run the service, against the service itself.
@Suite struct OperationsFilesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "config")

    private static func file(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    /// The series that a text names, whatever part of a histogram they are.
    private static func series(in text: String) -> Set<String> {
        let names = text.matches(of: /\b(?:nabla|process)_[a-z_]+/).map { String($0.0) }
        return Set(names)
    }

    @Test func rulesNameOnlyMetricsThatThereAre() throws {
        // Of the expressions alone; the rest of the files may say what it wants.
        let rules = try Self.file("prometheus/nabla.rules.yml")
        let expressions = rules.replacing(/(?m)^ *(?:- )?(?:description|summary):.*$/, with: "")
            .replacing(/(?m)^ *#.*$/, with: "")
        let named = Self.series(in: expressions)
        #expect(named.count > 10)
        try withServer { server in
            let page = try server.metrics()
            let histograms = page.kinds.filter { $0.value == "histogram" }.keys.flatMap {
                [$0 + "_bucket", $0 + "_sum", $0 + "_count"]
            }
            let known = Set(page.kinds.keys).union(histograms)
            #expect(named.subtracting(known).isEmpty)
            // And only values of labels that there are.
            for (name, label, value) in [
                ("nabla_runs", "status", "failed"), ("nabla_runs", "status", "queued"),
                ("nabla_pool_queued_requests", "pool", "compute"),
            ] {
                #expect(expressions.contains("\(name){\(label)=\"\(value)\"}"))
                #expect(page[name, [label: value]] != nil)
            }
        }
    }

    @Test func everyAlertHasAnInstructionAndATest() throws {
        let alerts = try Self.file("prometheus/nabla.rules.yml").matches(of: /alert: (\w+)/)
            .map { String($0.1) }
        let tests = try Self.file("prometheus/nabla.rules.test.yml")
        let page = try String(
            contentsOf: Self.folder.appending(path: "../docs/operations.md"), encoding: .utf8)
        #expect(alerts.count > 5)
        for alert in alerts {
            #expect(tests.contains("alertname: \(alert)\n"), "\(alert) has no test")
            #expect(page.contains("`\(alert)`"), "\(alert) isn't in docs/operations.md")
        }
    }

    @Test(
        "proxies let through what the service takes",
        arguments: ["nginx/nabla.conf", "caddy/Caddyfile"])
    func proxies(_ name: String) throws {
        let text = try Self.file(name)
        // limits.body_bytes, limits.upload_bytes and training.wait_seconds, of which the files speak.
        #expect(
            text.contains(name.hasPrefix("nginx") ? "client_max_body_size 64m;" : "max_size 64MiB"))
        let settings = try Self.file("nabla.example.yaml")
        #expect(settings.contains("body_bytes: \(64 << 20)\n"))
        #expect(
            text.contains(name.hasPrefix("nginx") ? "client_max_body_size 1024m;" : "max_size 1GiB")
        )
        #expect(settings.contains("upload_bytes: \(1 << 30)\n"))
        let wait = try #require(
            settings.firstMatch(of: /wait_seconds: (\d+)/).flatMap { Int($0.1) })
        let idle = try #require(
            settings.firstMatch(of: /idle_seconds: (\d+)/).flatMap { Int($0.1) })
        let (patience, kept) =
            name.hasPrefix("nginx")
            ? (/proxy_read_timeout (\d+)s/, /keepalive_timeout (\d+)s/)
            : (/response_header_timeout (\d+)s/, /keepalive (\d+)s/)
        let seconds = try #require(text.firstMatch(of: patience).flatMap { Int($0.1) })
        #expect(seconds > wait)
        let open = try #require(text.firstMatch(of: kept).flatMap { Int($0.1) })
        #expect(open < idle)
    }
}
