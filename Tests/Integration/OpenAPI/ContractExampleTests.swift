import Foundation
import NablaAPI
import NablaClient
import Testing

/// The examples of the OpenAPI document: there are enough, and a real service answers as they show.
@Suite struct ContractExampleTests {
    @Test func everySchemaHasExamplesThatFitIt() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let schemas = try #require(contract.document["components"]?["schemas"]?.members)
            #expect(schemas.count >= 81)
            for (name, schema) in schemas {
                let examples = schema["examples"]?.elements ?? []
                #expect(!examples.isEmpty, "\(name) has no example")
                for example in examples {
                    let wrong = try contract.answers.complaints(example, schema)
                    #expect(wrong.isEmpty, "\(name): \(wrong)")
                }
            }
        }
    }

    @Test func everyAnswerOfSuccessHasAnExample() throws {
        try withServer { server in
            let successes = try Contract(of: server).successes
            #expect(successes.count >= 34)
            for (operation, status, mediaType, content) in successes {
                let isShown = content["examples"]?.members?.isEmpty == false
                #expect(isShown, "\(operation) \(status) \(mediaType) has no example")
            }
        }
    }

    /// What is stored and trained comes before what is told of it, and what changes a run comes last.
    private static func rank(_ example: AnswerExample) -> Int {
        switch (example.operation.method, example.status) {
        case ("PUT", 201): 0
        case ("PUT", _): 1
        case ("POST", _): 2
        case ("PATCH", _): 4
        default: 3
        }
    }

    /// Sends the call of an example and tells how the answer differs from it.
    private static func differences(
        of example: AnswerExample, _ likeness: inout Likeness, _ server: TestServer
    ) throws -> [String] {
        let answer = try ContractTests.send(
            example.operation.method, likeness.translated(example.target), example.body?.text,
            type: example.body?.type ?? "", fields: example.fields, version: "1.0", to: server)
        let type = answer.fields["content-type"]?.prefix { $0 != ";" } ?? ""
        guard answer.status == example.status, type == example.mediaType else {
            return ["answered is \(answer.status) \(type): \(answer.body)"]
        }
        return try differences(example, answer.content, &likeness)
    }

    private static func differences(
        _ example: AnswerExample, _ body: [UInt8], _ likeness: inout Likeness
    ) throws -> [String] {
        // The document is the same on all machines, but products round differently in the last
        // bits where their sums have another order. Numbers that sums of powers of two give don't.
        let path = example.operation.path
        (likeness.relative, likeness.absolute) =
            if example.name == "linear" {
                (0, 0)
            } else if path == Path.check {
                // The differences' own error, of which the last bits are.
                (0, 1e-8)
            } else if path.hasPrefix(Path.gradients) || path == Path.predict {
                (1e-12, 1e-15)
            } else if path.hasPrefix(Path.runs) || [Path.train, Path.events].contains(path) {
                // Trained in float32.
                (1e-4, 0)
            } else {
                (0, 0)
            }
        likeness.isExcerpt = example.isExcerpt
        let type = example.mediaType
        return try likeness.differences(
            BodyReader.tree(BodyReader.bytes(example.value, type), type),
            BodyReader.tree(body, type))
    }

    @Test func answersAreAsTheirExamplesShow() throws {
        try withServer { server in
            let contract = try Contract(of: server)
            let all = try contract.answerExamples.filter {
                $0.status != 202 && $0.mediaType != "text/event-stream"
            }
            let examples = all.sorted { (Self.rank($0), $0.place) < (Self.rank($1), $1.place) }
            #expect(examples.count >= 35)
            let other = try ExampleRuns.train("linear", contract, server)
            var likeness = Likeness(ids: [try ExampleRuns.otherID(contract): other.id])
            for example in examples {
                let wrong = try Self.differences(of: example, &likeness, server)
                #expect(wrong.isEmpty, "\(example.place): \(wrong)")
            }
        }
    }

    @Test func answersAboutRunsThatWaitAreAsTheirExamplesShow() throws {
        try withServer {
            $0.training.concurrentRuns = 1
        } _: { server in
            let examples = try Contract(of: server).answerExamples.filter { $0.status == 202 }
            let paths = [Path.train, "/runs/{id}/cancel", "/runs/{id}/resume"]
            #expect(Set(examples.map(\.operation.path)) == Set(paths))
            let busy = try ExampleRuns.occupy(server)
            var likeness = Likeness()
            for path in paths {
                for example in examples where example.operation.path == path {
                    let wrong = try Self.differences(of: example, &likeness, server)
                    // A run that waits may have ended when the answer is written, or not yet.
                    let allowed = path == paths[1] ? ["/status", "/finished_at"] : []
                    let others = wrong.filter { line in !allowed.contains { line.hasPrefix($0) } }
                    #expect(others.isEmpty, "\(example.place): \(others)")
                    guard path == paths[1] else { continue }
                    let id = try #require(example.value["id"]?.text)
                    try ExampleRuns.waitForEnd(of: likeness.translated(id), server)
                }
            }
            _ = try server.client.cancel(run: busy)
        }
    }

    @Test func streamsAreAsTheirExamplesShow() throws {
        try withServer {
            $0.training.concurrentRuns = 1
        } _: { server in
            let contract = try Contract(of: server)
            let examples = try contract.answerExamples.filter {
                $0.mediaType == "text/event-stream"
            }
            #expect(examples.count == 2)
            var streams = try Self.streams(examples, contract, server)
            // One that has not yet told all that was stored leaves out what isn't.
            for _ in 0..<20 where !streams.allSatisfy({ Self.kinds($0.came) == Self.allKinds }) {
                streams = try Self.streams(examples, contract, server)
            }
            for (example, likeness, came) in streams {
                let wrong = try Self.differences(ofStream: example, came, likeness)
                #expect(wrong.isEmpty, "\(example.place): \(wrong)")
            }
        }
    }

    private static let allKinds: Set = ["progress", "metrics", "checkpoint", "end"]

    private static func kinds(_ events: [JSON]) -> Set<String> {
        Set(events.compactMap { $0["event"]?.text })
    }

    /// The streams of a run that waits until all of them are open, from its begin to its end.
    private static func streams(
        _ examples: [AnswerExample], _ contract: Contract, _ server: TestServer
    ) throws -> [(example: AnswerExample, likeness: Likeness, came: [JSON])] {
        let busy = try ExampleRuns.occupy(server)
        let waiting = try ExampleRuns.train("xor", contract, server, waits: false)
        let open = try examples.map { example in
            let shown = try #require(example.target.firstMatch(of: /[0-9a-f-]{36}/)).output
            let likeness = Likeness(ids: [String(shown): waiting.id])
            let connection = try RawConnection(port: server.port)
            let target = likeness.translated(example.target)
            connection.send("GET \(target) HTTP/1.0\r\nHost: test\r\n\r\n")
            let begin = connection.receive { RawConnection.Answer.isWholeOrStreamed($0) }
            return (example, likeness, connection, begin)
        }
        _ = try server.client.cancel(run: busy)
        return try open.map { example, likeness, connection, begin in
            let answer = try RawConnection.Answer(begin + connection.receive())
            let came = try BodyReader.tree(answer.content, example.mediaType)
            return (example, likeness, try #require(came.elements))
        }
    }

    /// How often progress is told depends on how fast a run is: each event that is shown must be like
    /// one that came, and no other kind may have come.
    private static func differences(
        ofStream example: AnswerExample, _ came: [JSON], _ likeness: Likeness
    ) throws -> [String] {
        let type = example.mediaType
        let shown = try #require(
            BodyReader.tree(BodyReader.bytes(example.value, type), type).elements)
        guard kinds(shown) == allKinds, kinds(came) == allKinds else {
            return ["shown are \(kinds(shown)), but \(kinds(came)) came"]
        }
        return shown.flatMap { event -> [String] in
            let others = came.filter { $0["event"] == event["event"] }.map { other in
                var likeness = likeness
                likeness.relative = 1e-4
                // Any of its epochs may be the one that is told.
                if event["event"] == .string("progress") { likeness.absolute = 2 }
                return likeness.differences(event, other)
            }
            return others.contains { $0.isEmpty } ? [] : others.flatMap(\.self)
        }
    }
}
