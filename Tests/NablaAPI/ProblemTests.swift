import NablaAPI
import NablaJSON
import NablaNetworks
import Testing

@Suite struct ProblemTests {
    @Test func isWrittenAsRFC9457HasIt() throws {
        let problem = Problem(
            .shapeMismatch, "weights has 3 columns, but layer 0 gives 2 outputs",
            pointer: "/network/layers/1/weights", instance: "abc")
        #expect(
            String(decoding: problem.json(), as: UTF8.self) == """
                {"type":"/problems/shape-mismatch","title":"Shape mismatch","status":422,\
                "detail":"weights has 3 columns, but layer 0 gives 2 outputs","instance":"abc",\
                "pointer":"/network/layers/1/weights"}
                """)
    }

    @Test(arguments: Problem.Kind.allCases) func readsBack(_ kind: Problem.Kind) throws {
        let problem = Problem(kind, "“quoted” \"text\"\n", pointer: "/a~1b", instance: "i")
        #expect(try Problem(parsing: problem.json()) == problem)
        #expect((400...599).contains(kind.status))
        #expect(kind.title.first?.isUppercase == true)
    }

    @Test func aKindFromALaterVersionIsAnInternalError() throws {
        let text = #"{"type":"/problems/new-kind","title":"New","status":499,"detail":"d"}"#
        #expect(try Problem(parsing: Array(text.utf8)).kind == .internalError)
    }
}
