import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON

/// `POST /runs/{id}/resume`: has an ended run go on from its last checkpoint.
struct ResumeEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let runs: RunReader
    let scheduler: RunScheduler
    let limits: JSONLimits

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let request = try ResumeRequest(parsing: call.body, limits: limits)
        let run = try scheduler.resume(
            runs.run(call.subject).id, epochs: request.epochs, owner: call.token)
        var content = Content.json(run.json(), status: .accepted)
        content.fields = [("Location", Path.run(run.id))]
        return .content(content)
    }
}
