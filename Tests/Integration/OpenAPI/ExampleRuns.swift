import Foundation
import NablaAPI
import NablaClient
import Testing

/// The runs that the examples of the OpenAPI document are about.
enum ExampleRuns {
    /// Has an example of `POST /train` trained, to its end unless told otherwise.
    static func train(
        _ name: String, _ contract: Contract, _ server: TestServer, waits: Bool = true
    ) throws -> Run {
        let operation = Contract.Operation(method: "POST", path: Path.train)
        let body = try #require(contract.requestExample(name, of: operation))
        let answer = try ContractTests.send(
            "POST", Path.train, body.text, fields: waits ? ["Prefer: wait=30"] : [], to: server)
        try #require(answer.status == (waits ? 200 : 202), "\(answer.body)")
        return try Run(parsing: answer.content)
    }

    /// The document's id of the run `linear`: the second of those that are compared.
    static func otherID(_ contract: Contract) throws -> String {
        let operation = Contract.Operation(method: "GET", path: "/runs/compare")
        let parameter = contract.operations[operation]?["parameters"]?.elements?.first
        let ids = try #require(parameter?["example"]?.text).split(separator: ",")
        return String(try #require(ids.last))
    }

    /// Has a run train that takes the place of all others, and gives its id.
    static func occupy(_ server: TestServer) throws -> String {
        let id = try server.client.train(ContractTests.endless()).id
        for _ in 0..<3000 where try server.client.run(id).status != .running { usleep(10_000) }
        return id
    }

    /// Waits until a run has ended.
    static func waitForEnd(of id: String, _ server: TestServer) throws {
        for _ in 0..<3000 where try !server.client.run(id).status.isEnded { usleep(10_000) }
    }
}
