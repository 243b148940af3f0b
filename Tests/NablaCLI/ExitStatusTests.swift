import NablaAPI
import NablaClient
import Testing

@testable import NablaCLI

/// The program's, where Testing has one, too.
private typealias ExitStatus = NablaCLI.ExitStatus

@Suite struct ExitStatusTests {
    @Test func theHelpListsThemAll() throws {
        let result = try Program.run("--help")
        // Long lines are broken, with as many spaces as the first has before.
        let text = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for status in ExitStatus.allCases {
            #expect(text.contains("\(status.rawValue) \(status.meaning)"), "\(result.output)")
        }
    }

    @Test func everyProblemHasOne() {
        let expected: [(Problem.Kind, ExitStatus)] = [
            (.unauthorized, .noPermission), (.forbidden, .noPermission), (.queueFull, .busy),
            (.tooManyRequests, .busy), (.unavailable, .busy), (.internalError, .software),
            (.notFound, .data), (.malformedJSON, .data), (.shapeMismatch, .data),
            (.conflict, .data), (.contentTooLarge, .data),
        ]
        for (kind, status) in expected {
            let problem = Problem(kind, "so it is")
            #expect(ExitStatus(problem) == status, "\(kind)")
            #expect(ExitStatus(ClientError.problem(problem)) == status, "\(kind)")
        }
        for kind in Problem.Kind.allCases {
            #expect(ExitStatus(Problem(kind, "")).map { $0.rawValue > 1 } == true, "\(kind)")
        }
    }

    @Test func whatIsNoAnswerHasOneToo() {
        #expect(ExitStatus(ClientError.connection("")) == .unavailable)
        #expect(ExitStatus(ClientError.timedOut("")) == .unavailable)
        #expect(ExitStatus(ClientError.configuration("")) == .configuration)
        #expect(ExitStatus(ClientError.cancelled) == .failure)
        #expect(ExitStatus(ClientError.unexpected(status: 200, detail: "")) == .software)
        #expect(ExitStatus(CommandError("no")) == .failure)
        #expect(ExitStatus(CommandError("no", .noInput)) == .noInput)
        #expect(ExitStatus(CancellationError()) == nil)
    }
}
