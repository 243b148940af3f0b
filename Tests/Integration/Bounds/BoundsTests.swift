import Testing

@testable import NablaCLI

/// Every bound there is, reached.
@Suite struct BoundsTests {
    private static let bounds = Bound.sizes + Bound.times + Bound.numbers

    @Test("a bound is reached, and not before", arguments: bounds)
    func reached(_ bound: Bound) throws {
        try bound.test()
    }

    @Test func everySettingThatBoundsCallersIsReached() {
        // How it works, and what it costs; no caller can exceed these.
        let others: Set = [
            "http.loops", "http.gzip_bytes", "http.cors_origins", "pool.workers",
            "pool.inline_bytes", "training.niceness",
            "training.concurrent_runs", "training.slice_milliseconds",
            "training.checkpoint_seconds", "training.restarts", "retention.days",
            "retention.runs",
        ]
        let keys = Setting.all.map(\.key).filter { $0.contains(".") && !others.contains($0) }
        #expect(Set(Self.bounds.map(\.key)) == Set(keys))
        #expect(Self.bounds.count == keys.count)
    }
}
