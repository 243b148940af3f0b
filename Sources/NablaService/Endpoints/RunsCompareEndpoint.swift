import NablaAPI
import NablaCore

/// `GET /runs/compare`: settings that differ, and metrics side by side.
struct RunsCompareEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let runs: RunReader
    let mostRuns: Int

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let parameters = try Parameters(call.head.target.query, known: ["ids"])
        let ids = (parameters["ids"] ?? "").split(separator: ",").map(String.init)
        guard ids.count >= 2, ids.count <= mostRuns, Set(ids).count == ids.count else {
            throw Problem(
                .invalidParameter,
                "ids must be 2 to \(mostRuns) different runs' ids, separated by commas")
        }
        var compared: [Run] = []
        for id in ids { compared.append(try runs.run(id)) }
        return .content(.json(try RunComparison(of: compared).json()))
    }
}
