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
            field(Timing(parse: seconds))
                == "parse;dur=\(text), queue;dur=0.000, compute;dur=0.000, write;dur=0.000")
        #expect(
            field(Timing(since: 0, parsed: 0, computed: seconds), at: seconds, waited: seconds)
                == "parse;dur=0.000, queue;dur=\(text), compute;dur=\(text), write;dur=0.000")
        #expect(
            field(Timing(since: 0, parsed: 0, computed: 0), at: seconds)
                == "parse;dur=0.000, queue;dur=0.000, compute;dur=0.000, write;dur=\(text)")
    }

    @Test("the parts are those between their moments")
    func parts() {
        #expect(
            field(Timing(since: 1, parsed: 1.25, computed: 1.75), at: 2.75, waited: 3)
                == "parse;dur=250.000, queue;dur=3000.000, compute;dur=500.000, write;dur=1000.000"
        )
        var timing = Timing(since: -1e12, parsed: 0, computed: 1e12)
        #expect(
            field(timing, at: 2e12, waited: 1e12)?.count
                == "parse;dur=, queue;dur=, compute;dur=, write;dur=".count + 4 * 17)
        timing.leaveOut(1e12 - 1)
        #expect(field(timing, at: 2e12)?.hasSuffix("write;dur=1000.000") == true)
        #expect(
            field(Timing(), at: 7)
                == "parse;dur=0.000, queue;dur=0.000, compute;dur=0.000, write;dur=0.000")
    }

    private func field(_ timing: Timing, at now: Double = 0, waited: Double = 0) -> String? {
        var fields = Fields()
        fields.add(unchecked: 1, atMost: 32 + Timing.room) { line in
            line.append("Server-Timing: ")
            timing.write(to: &line, at: now, waited: waited)
            line.append("\r\n")
        }
        return fields["Server-Timing"]
    }
}
