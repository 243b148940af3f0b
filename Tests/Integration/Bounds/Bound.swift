import Glibc
import NablaAPI
import NablaService
import Testing

@testable import NablaCLI

/// A setting that bounds what one caller may take, and the way there over a real socket.
struct Bound: Sendable, CustomTestStringConvertible {
    /// The setting, as an operator writes it.
    let key: String
    /// A value that a short test reaches.
    let value: String
    /// What else must be set so that it is this bound which is reached.
    let beside: [String: String]
    /// Goes up to the bound and beyond it.
    let reach: @Sendable (TestServer) throws -> Void

    init(
        _ key: String, _ value: String, beside: [String: String] = [:],
        reach: @escaping @Sendable (TestServer) throws -> Void
    ) {
        self.key = key
        self.value = value
        self.beside = beside
        self.reach = reach
    }

    var testDescription: String { "\(key) = \(value)" }

    /// Runs the test against a service with that value, set as the program sets it.
    func test() throws {
        var settings = ServeSettings()
        for (key, value) in beside.merging([self.key: self.value], uniquingKeysWith: { $1 }) {
            let setting = try #require(Setting.all.first { $0.key == key }, "\(key)")
            try setting.set(&settings, value)
        }
        try withServer { found in
            settings.service.server.addresses = found.server.addresses
            settings.service.dataDirectory = found.dataDirectory
            found = settings.service
        } _: { server in
            try reach(server)
            // Whatever a caller reached, others are served.
            #expect(try server.client.health().status == "ok")
        }
    }
}

extension TestServer {
    /// Sends bytes on a connection of its own, and expects an answer.
    @discardableResult
    func expect(
        _ status: Int, _ kind: Problem.Kind? = nil, to bytes: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> RawConnection {
        let connection = try RawConnection(port: port)
        connection.send(bytes)
        let answer = try connection.nextAnswer()
        #expect(answer.status == status, "\(answer.body)", sourceLocation: sourceLocation)
        if let kind {
            let problem = try Problem(parsing: answer.content)
            #expect(problem.kind == kind, "\(answer.body)", sourceLocation: sourceLocation)
        }
        return connection
    }

    /// Looks at the metrics again and again, but not for ever.
    func wait(
        for name: String, _ labels: [String: String] = [:], toBe value: Double
    ) throws {
        for _ in 0..<12_000 {
            if try metrics()[name, labels] == value { return }
            usleep(10_000)
        }
        throw TestFailure("waited too long for \(name) to be \(value)")
    }
}
