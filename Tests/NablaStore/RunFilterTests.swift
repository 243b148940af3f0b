import Testing

@testable import NablaStore

@Suite("Filters of runs")
struct RunFilterTests {
    private static let good: [(String, [RunCondition])] = [
        ("", []),
        ("  ", []),
        ("metrics.loss < 0.1", [RunCondition(.metric("loss"), .compares(.less, .number(0.1)))]),
        (
            "metric.loss>=-1e3",
            [
                RunCondition(.metric("loss"), .compares(.greaterOrEqual, .number(-1000)))
            ]
        ),
        (
            "params.optimizer = 'adam'",
            [
                RunCondition(.param("optimizer"), .compares(.equal, .text("adam")))
            ]
        ),
        (
            "params.optimizer.learning_rate <= 5e-2",
            [
                RunCondition(
                    .param("optimizer.learning_rate"), .compares(.lessOrEqual, .number(0.05)))
            ]
        ),
        (
            "tags.`any key` != \"it's\"",
            [
                RunCondition(.tag("any key"), .compares(.notEqual, .text("it's")))
            ]
        ),
        (
            "tags.\"a.b\" == 'it''s'",
            [
                RunCondition(.tag("a.b"), .compares(.equal, .text("it's")))
            ]
        ),
        (
            "status = 'FINISHED' AND attributes.run_name like '%x_'",
            [
                RunCondition(.attribute(.status), .compares(.equal, .text("succeeded"))),
                RunCondition(
                    .attribute(.name), .matches(pattern: "%x_", ignoringCase: false, negated: false)
                ),
            ]
        ),
        (
            "tags.team NOT ILIKE 'S%'",
            [
                RunCondition(
                    .tag("team"), .matches(pattern: "S%", ignoringCase: true, negated: true))
            ]
        ),
        (
            "tags.team in ('a', 'b') and params.epochs not in (1, '2')",
            [
                RunCondition(.tag("team"), .isOneOf([.text("a"), .text("b")], negated: false)),
                RunCondition(.param("epochs"), .isOneOf([.number(1), .text("2")], negated: true)),
            ]
        ),
        (
            "notes is null and metrics.r2 IS NOT NULL",
            [
                RunCondition(.attribute(.notes), .isNull(negated: false)),
                RunCondition(.metric("r2"), .isNull(negated: true)),
            ]
        ),
        (
            "start_time > '2027-01-15T08:00:00Z' and end_time<1800000000001",
            [
                RunCondition(
                    .attribute(.startedAt), .compares(.greater, .number(1_800_000_000_000))),
                RunCondition(.attribute(.finishedAt), .compares(.less, .number(1_800_000_000_001))),
            ]
        ),
        (
            "created_at >= '2027-01-15T08:00:00.250Z'",
            [
                RunCondition(
                    .attribute(.createdAt), .compares(.greaterOrEqual, .number(1_800_000_000_250)))
            ]
        ),
    ]

    @Test("A filter is read as MLflow means it", arguments: good)
    func reads(_ text: String, _ conditions: [RunCondition]) throws {
        #expect(try RunFilter(parsing: text).conditions == conditions)
    }

    private static let bad: [(text: String, offset: Int, says: String)] = [
        ("loss < 1", 0, "metrics.KEY"),
        ("metrics. < 1", 0, "metrics."),
        ("metrics.`` < 1", 0, "metrics."),
        ("models.x = 1", 0, "tags.KEY"),
        ("metrics.loss", 12, "the end"),
        ("metrics.loss < ", 15, "a number"),
        ("metrics.loss < 'a'", 15, "a number"),
        ("metrics.loss < nan", 15, "a number"),
        ("metrics.loss =< 1", 13, "\"=<\" is no comparison"),
        ("metrics.loss ! 1", 13, "\"!\" is no comparison"),
        ("metrics.loss like 'a'", 13, "is a number"),
        ("metrics.loss not < 1", 17, "LIKE, ILIKE or IN"),
        ("tags.a = b", 9, "a text in quotes"),
        ("tags.a < 'b'", 7, "for numbers"),
        ("tags.a = 'b", 9, "never closed"),
        ("tags.ü = 'b' tags.c = 'd'", 14, "AND or the end"),
        ("tags.a = 'b' or tags.c = 'd'", 13, "no OR"),
        ("tags.a = 'b' and", 16, "a field"),
        ("tags.a in 'b'", 10, "parentheses"),
        ("tags.a in ()", 11, "a text in quotes"),
        ("tags.a in ('b' 'c')", 15, "a comma"),
        ("tags.a is 'b'", 10, "NULL or NOT NULL"),
        ("status = 'done'", 9, "succeeded"),
        ("created_at > 'yesterday'", 13, "yesterday"),
        ("epochs > 'many'", 9, "a number"),
        ("tags.a = 'b' ; drop", 13, "\";\" has no meaning"),
    ]

    @Test("What can't be read is told with its place", arguments: bad)
    func refuses(_ text: String, _ offset: Int, _ says: String) {
        let error = #expect(throws: RunFilterError.self) { try RunFilter(parsing: text) }
        #expect(error?.offset == offset, "\(error?.detail ?? "")")
        #expect(error?.detail.contains(says) == true, "\(error?.detail ?? "")")
    }

    @Test("Every beginning of a good filter is read or refused with a place within it")
    func beginnings() throws {
        let text = "tags.`k` NOT IN ('a', \"b\") and metrics.loss <= -1e-3 AND name IS NOT NULL"
        for length in 0...text.count {
            do throws(RunFilterError) {
                _ = try RunFilter(parsing: String(text.prefix(length)))
            } catch {
                #expect((0...length).contains(error.offset))
            }
        }
    }

    @Test("There are bounds on conditions and values")
    func bounds() throws {
        let conditions = { Array(repeating: "tags.a = 'b'", count: $0).joined(separator: " AND ") }
        #expect(try RunFilter(parsing: conditions(50)).conditions.count == 50)
        #expect(throws: RunFilterError.self) { try RunFilter(parsing: conditions(51)) }
        let values = { Array(repeating: "1", count: $0).joined(separator: ",") }
        _ = try RunFilter(parsing: "metrics.a in (\(values(1000)))")
        #expect(throws: RunFilterError.self) {
            try RunFilter(parsing: "metrics.a in (\(values(1001)))")
        }
    }

    @Test("An order is a field and a direction")
    func orders() throws {
        #expect(try RunOrder(parsing: "metrics.loss") == RunOrder(.metric("loss")))
        #expect(
            try RunOrder(parsing: "start_time desc")
                == RunOrder(.attribute(.startedAt), descending: true))
        for (text, offset) in [("", 0), ("loss", 0), ("metrics.loss up", 13), ("name asc, id", 8)] {
            let error = #expect(throws: RunFilterError.self) { try RunOrder(parsing: text) }
            #expect(error?.offset == offset)
        }
    }
}
