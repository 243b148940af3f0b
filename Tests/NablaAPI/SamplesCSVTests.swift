import NablaNetworks
import Testing

@testable import NablaAPI

@Suite struct SamplesCSVTests {
    private func read(
        _ text: String, _ targets: [String] = ["t"], weight: String? = nil
    ) throws -> Samples {
        try Samples(csv: Array(text.utf8), targets: targets, weight: weight)
    }

    @Test func columnsAreInputsTargetsAndWeights() throws {
        let text = "\u{FEFF}a,t,\"b, \"\"c\"\"\",w\r\n1,2,3e-1,1\r\n\r\n-4,\"5\",.5,2"
        let samples = try read(text, weight: "w")
        #expect(try samples.inputs == Tensor([1, 0.3, -4, 0.5], shape: [2, 2]))
        #expect(samples.targets == Tensor([2.0, 5]))
        #expect(samples.weights == Tensor([1.0, 2]))
        let two = try read("a,t,u\n1,2,3\n", ["u", "t"])
        #expect(try two.targets == Tensor([3.0, 2], shape: [1, 2]))
        #expect(two.weights == nil)
    }

    @Test(arguments: [
        ("", "no header"), ("a,b\n1,2\n", "column \"t\" must"), ("t,t\n1,2\n", "column \"t\" must"),
        ("t\n1\n", "none is an input"), ("a,t\n1\n", "line 2 of the CSV has 1 cells"),
        ("a,t\n1,2\n3,x\n", "line 3 of the CSV, column t: expected a number"),
        ("a,t\n1,nan\n", "expected a number"), ("a,t\n,2\n", "expected a number"),
        ("a,t\n\"1,2\n", "never closed"), ("a,t\n\"1\"x,2\n", "text behind"),
        ("a,t\n", "no samples"), ("a,\"t\nx\"\n1,2", "column \"t\" must"),
        ("a,t\n0x10,2\n", "column a: expected a number, but found \"0x10\""),
        ("a,t\n\"-0X1p3\",2\n", "column a: expected a number"),
        ("a,t\ninf,2\n", "column a: expected a number"),
        ("a,t\n1,-1e999\n", "column t: -1e999 is more than a float64 can be"),
        ("a,t\n1,\"1e400\"\n", "column t: 1e400 is more than a float64 can be"),
    ])
    func whatIsWrongIsToldWithItsLine(_ text: String, _ says: String) {
        let problem = #expect(throws: Problem.self) { try read(text) }
        #expect(problem?.detail.contains(says) == true, "\(problem?.detail ?? "")")
    }

    @Test func everyBeginningIsReadOrRefused() throws {
        let text = "a,t\r\n\"1\",2\r\n3,4\r\n"
        for length in 0...text.utf8.count {
            let part = String(decoding: text.utf8.prefix(length), as: UTF8.self)
            do throws(Problem) {
                let samples = try Samples(csv: Array(part.utf8), targets: ["t"])
                #expect((1...2).contains(samples.count))
            } catch {
                #expect(error.kind.status < 500)
            }
        }
    }
}
