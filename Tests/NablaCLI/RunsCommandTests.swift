import NablaAPI
import Testing

@Suite struct RunsCommandTests {
    private func train(_ name: String, on served: ServedProgram) throws -> Run {
        let result = try Program.run(
            "train", "-", "--json", "--server", served.address,
            input: """
                {"name": "\(name)", "network": {"input_shape": [1], "layers": [{"units": 1}]},
                 "loss": "mean_squared_error", "samples": {"inputs": [[1]], "targets": [0]}}
                """)
        return try Run(parsing: Array(result.output.utf8))
    }

    @Test func anEmptyHistorySaysHowToBegin() throws {
        let served = try ServedProgram()
        let result = try Program.run("runs", "list", "--server", served.address)
        #expect(result.code == 0)
        #expect(result.output == "no runs yet: nabla train FILE --server ADDRESS makes one\n")
    }

    @Test func theListHasALineForEachRunNewestFirst() throws {
        let served = try ServedProgram()
        let (first, second) = (try train("one", on: served), try train("two", on: served))
        let all = try Program.run("runs", "--server", served.address)
        #expect(all.code == 0)
        let lines = all.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("ID"))
        #expect(lines[2].hasPrefix(second.id) && lines[2].contains("two"))
        #expect(lines[3].hasPrefix(first.id) && lines[3].contains("succeeded"))
        #expect(lines[3].contains("1/1"))

        let named = try Program.run(
            "runs", "list", "--name", "one", "--json", "--server", served.address)
        #expect(try RunList(parsing: Array(named.output.utf8)).runs.map(\.id) == [first.id])
        let one = try Program.run(
            "runs", "list", "--limit", "1", "--json", "--server", served.address)
        let page = try RunList(parsing: Array(one.output.utf8))
        #expect(page.runs.map(\.id) == [second.id] && page.nextCursor != nil)
        let queued = try Program.run(
            "runs", "list", "--status", "queued", "--json", "--server", served.address)
        #expect(try RunList(parsing: Array(queued.output.utf8)).runs.isEmpty)
        let none = try Program.run("runs", "list", "--limit", "0", "--server", served.address)
        #expect(none.code == 65 && none.errors.contains("limit is \"0\""), "\(none.errors)")
    }

    @Test func oneRunIsShown() throws {
        let served = try ServedProgram()
        let run = try train("one", on: served)
        let shown = try Program.run("runs", "show", run.id, "--server", served.address)
        #expect(shown.code == 0)
        let facts = shown.output.split(separator: "\n").map {
            $0.split(separator: " ", maxSplits: 1).map { $0.drop { $0 == " " } }
        }
        #expect(facts.contains(["run", Substring(run.id)]))
        #expect(facts.contains(["name", "one"]))
        #expect(facts.contains(["status", "succeeded"]))
        #expect(facts.contains(["epochs", "1 of 1"]))
        #expect(facts.contains(["created", Substring(run.createdAt.text)]))
        let json = try Program.run("runs", "show", run.id, "--json", "--server", served.address)
        #expect(try Run(parsing: Array(json.output.utf8)) == served.client.run(run.id))
    }

    @Test func anUnknownRunIsTheServicesProblem() throws {
        let served = try ServedProgram()
        let id = "0190a0a0-0000-7000-8000-000000000000"
        let result = try Program.run("runs", "show", id, "--server", served.address)
        #expect(result.code == 65)
        #expect(result.output.isEmpty)
        #expect(result.errorLines.count == 1 && result.errors.contains("there is no run \(id)"))
    }
}
