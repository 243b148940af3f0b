import NablaAPI
import Testing

@testable import NablaService

@Suite struct PreferenceTests {
    static let waits: [(field: String?, seconds: Int?)] = [
        (nil, nil), ("", nil), ("wait=30", 30), ("wait=0", 0), ("Wait = 5", 5),
        ("respond-async, wait=7", 7), ("wait=7;x=y, respond-async", 7), ("return=minimal", nil),
        ("wait", nil), ("wait=", nil), ("waiting=3", nil), ("wait=100", 60), ("wait=60", 60),
        ("\twait=2 ,\twait=3", 2),
    ]

    @Test(arguments: waits) func wait(_ field: String?, _ seconds: Int?) throws {
        #expect(try Preference.wait(field, atMost: 60) == seconds)
    }

    @Test(arguments: ["wait=-1", "wait=1.5", "wait=soon", "wait=99999999999999999999"])
    func aTimeThatIsNoneIsRefused(_ field: String) {
        let problem = #expect(throws: Problem.self) { try Preference.wait(field, atMost: 60) }
        #expect(problem?.kind == .invalidParameter)
    }
}
