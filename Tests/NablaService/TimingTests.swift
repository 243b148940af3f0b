import NablaHTTP
import Testing

@testable import NablaService

@Suite("Server-Timing")
struct TimingTests {
    @Test(
        "milliseconds have three digits after the point",
        arguments: [
            (0, "0.000"), (0.000_001_5, "0.001"), (0.000_999_9, "0.999"), (0.001_234_5, "1.234"),
            (0.009_999_5, "9.999"), (0.010_000_5, "10.000"), (0.012_34, "12.340"),
            (12.345_678_9, "12345.678"), (-1, "0.000"), (1e12, "3000000000000.000"),
        ])
    func milliseconds(seconds: Double, text: String) {
        #expect(
            field(Timing(compute: seconds))
                == "parse;dur=0.000, queue;dur=0.000, compute;dur=\(text), write;dur=0.000")
        #expect(
            field(Timing(parse: seconds, compute: seconds, write: seconds), waited: seconds)
                == "parse;dur=\(text), queue;dur=\(text), compute;dur=\(text), write;dur=\(text)")
    }

    private func field(_ timing: Timing, waited: Double = 0) -> String? {
        var fields = Fields()
        timing.add(to: &fields, waited: waited)
        return fields["Server-Timing"]
    }
}
