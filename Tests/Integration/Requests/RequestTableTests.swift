import Foundation
import NablaAPI
import NablaService
import Testing

/// Each request of the table on real connections to a real service: whole, in two parts cut at
/// every byte, and byte by byte.
@Suite(.smallService) struct RequestTableTests {
    @Test("a request gets the answer of its row", arguments: RequestRow.all)
    func answers(_ row: RequestRow) throws {
        let outcome = try Self.outcome(of: row)
        try #require(outcome.answers.count == row.answers.count, "\(row.name)")
        for (answer, expected) in zip(outcome.answers, row.answers) {
            #expect(answer.status == expected.status, "\(row.name): \(answer)")
            #expect(answer.problem?.kind == expected.problem, "\(row.name): \(answer)")
            let says = answer.problem?.detail ?? answer.body
            #expect(expected.says.isEmpty || says.contains(expected.says), "\(row.name): \(says)")
            for (name, value) in expected.fields {
                #expect(answer.fields[name] == value, "\(row.name): \(name)")
            }
        }
        let saysClose = outcome.answers.last?.fields["connection"] == "close"
        #expect(saysClose == row.ends, "\(row.name)")
    }

    @Test("it gets the same answer where it is cut in two at any byte", arguments: RequestRow.all)
    func cutInTwo(_ row: RequestRow) throws {
        let server = try #require(SmallService.current)
        let bytes = row.bytes
        let whole = try Self.outcome(of: row)
        // So many at a time that they cost no more than they must, and few enough to be served.
        for start in stride(from: 1, to: bytes.count, by: 64) {
            let cuts = start..<min(start + 64, bytes.count)
            let connections = try cuts.map { _ in try RawConnection(port: server.port) }
            for (cut, connection) in zip(cuts, connections) {
                connection.send(Array(bytes[..<cut]))
            }
            try server.letItRead()
            for (cut, connection) in zip(cuts, connections) {
                connection.send(Array(bytes[cut...]))
            }
            for (cut, connection) in zip(cuts, connections) {
                let outcome = try Outcome(of: row, on: connection)
                #expect(outcome == whole, "\(row.name), cut after \(cut) bytes")
            }
        }
    }

    @Test("it gets the same answer where it comes byte by byte", arguments: RequestRow.all)
    func byteByByte(_ row: RequestRow) throws {
        let server = try #require(SmallService.current)
        let connection = try RawConnection(port: server.port)
        let observer = try RawConnection(port: server.port)
        for byte in row.bytes {
            connection.send([byte])
            try server.letItRead(seenBy: observer)
        }
        let outcome = try Outcome(of: row, on: connection)
        #expect(try outcome == Self.outcome(of: row), "\(row.name)")
    }

    @Test("the table is as long as it should be, and every row is another")
    func table() {
        #expect(RequestRow.all.count >= 150)
        #expect(Set(RequestRow.all.map(\.name)).count == RequestRow.all.count)
        #expect(Set(RequestRow.all.map(\.raw)).count == RequestRow.all.count)
    }

    private static func outcome(of row: RequestRow) throws -> Outcome {
        let connection = try RawConnection(port: #require(SmallService.current).port)
        connection.send(row.bytes)
        return try Outcome(of: row, on: connection)
    }
}

/// What came of the bytes of a row, without what differs from one time to the next.
private struct Outcome: Equatable {
    struct Answer: Equatable {
        let status: Int
        let fields: [String: String]
        let body: String
        let problem: Problem?
    }

    private(set) var answers: [Answer] = []

    /// Reads the answers that the row expects, and then sees to it that the connection ends or can
    /// be used again, as the row has it.
    init(of row: RequestRow, on connection: RawConnection) throws {
        if !row.continued.isEmpty {
            guard try connection.nextAnswer().status == 100 else {
                throw TestFailure("\(row.name): no 100 Continue")
            }
            connection.send(row.continued)
        }
        for expected in row.answers {
            let answer = try connection.nextFinalAnswer(toHead: expected.isHead)
            answers.append(try Answer(answer))
        }
        if row.ends {
            guard try connection.isEnded() else {
                throw TestFailure("\(row.name): the connection goes on")
            }
        } else {
            connection.send("GET /version HTTP/1.1\r\nHost: a\r\n\r\n")
            guard try connection.nextAnswer().body.contains("\"nabla\"") else {
                throw TestFailure("\(row.name): the connection can't be used again")
            }
        }
    }
}

extension Outcome.Answer {
    init(_ answer: RawConnection.Answer) throws {
        status = answer.status
        fields = answer.fields.filter {
            !["x-request-id", "date", "server-timing"].contains($0.key)
        }
        let isProblem =
            answer.fields["content-type"] == Problem.mediaType && !answer.body.isEmpty
        var problem = isProblem ? try Problem(parsing: Array(answer.body.utf8)) : nil
        problem?.instance = nil
        self.problem = problem
        body = isProblem ? "" : answer.body
    }
}
