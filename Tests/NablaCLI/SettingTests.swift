import NablaService
import Testing

@testable import NablaCLI

@Suite struct SettingTests {
    @Test(arguments: Setting.all.map(\.key)) func isDescribedAndKnowsItsDefault(_ key: String)
        throws
    {
        let setting = try #require(Setting.all.first { $0.key == key })
        #expect(setting.summary.count > 10)
        let text = setting.text(ServeSettings())
        #expect(!text.isEmpty)
        // The default is one of the values that may be given, and gives itself.
        var settings = ServeSettings()
        try setting.set(&settings, text)
        #expect(setting.text(settings) == text)
    }

    @Test(arguments: Setting.all.map(\.key)) func isAmongThoseThatCoverIt(_ key: String) {
        #expect(Setting.covering([key]).contains { $0.key == key })
        #expect(Setting.covering(["listen", key]).contains { $0.key == key })
    }

    @Test func noTwoShareAName() {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.variable)).count == Setting.all.count)
    }

    @Test("each changes its own value and no other's", arguments: Setting.all.map(\.key))
    func changes(_ key: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        let before = setting.text(ServeSettings())
        let others = ["7", "8000", "true", "debug", "127.0.0.1:1", "json", "https://a.example"]
            .filter { $0 != before }
        var settings = ServeSettings()
        let text = try #require(others.first { (try? setting.set(&settings, $0)) != nil })
        #expect(setting.text(settings) == text)
        for other in Setting.all where other.key != key {
            #expect(other.text(settings) == other.text(ServeSettings()), "\(other.key)")
        }
    }

    @Test(
        "what can't be is refused and leaves the value as it was",
        arguments: [
            ("listen", ""), ("listen", "localhost"), ("listen", "127.0.0.1:65536"), ("data", ""),
            ("insecure", "yes"), ("log_level", "loud"), ("log_format", "xml"),
            ("http.cors_origins", ""), ("http.cors_origins", "*,https://a.example"),
            ("http.cors_origins", "a.example"), ("http.cors_origins", "https://a.example/"),
            ("http.cors_origins", "HTTPS://a.example"), ("http.cors_origins", "null"),
            ("limits.requests_per_second", "0.5"), ("limits.burst_requests", "0"),
            ("http.loops", "0"), ("http.loops", "65"),
            ("http.idle_seconds", "0"), ("http.idle_seconds", "1.5"), ("limits.body_bytes", "-1"),
            ("limits.body_bytes", "64MB"), ("pool.workers", "1025"), ("pool.queued_requests", ""),
            ("training.wait_seconds", " 5"), ("socket_mode", "680"), ("socket_mode", "1000"),
        ])
    func refused(_ key: String, _ text: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        var settings = ServeSettings()
        let error = #expect(throws: CommandError.self) { try setting.set(&settings, text) }
        #expect(error?.description.hasPrefix("must ") == true)
        #expect(setting.text(settings) == setting.text(ServeSettings()))
    }

    @Test(arguments: [
        "*", "https://a.example", "http://localhost:3000", "http://[::1]:80,https://b.example",
    ])
    func originsAreTakenAsTheyAre(_ text: String) throws {
        let setting = try #require(Setting.all.first { $0.key == "http.cors_origins" })
        var settings = ServeSettings()
        try setting.set(&settings, text)
        #expect(settings.service.crossOrigins.joined(separator: ",") == text)
    }

    @Test func aVariableIsNamedAfterItsKey() {
        let names = Setting.all.filter { ["listen", "http.idle_seconds"].contains($0.key) }
        #expect(names.map(\.variable) == ["NABLA_LISTEN", "NABLA_HTTP_IDLE_SECONDS"])
    }
}
