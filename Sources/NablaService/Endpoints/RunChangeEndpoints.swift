import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON
import NablaStore

/// `PATCH /runs/{id}`: changes what people say of a run.
struct ChangeRunEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let mediaTypes = RunChange.mediaTypes
    let runs: RunReader
    let scheduler: RunScheduler
    let store: Store
    let limits: JSONLimits
    let textBytes: Int

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let change = try RunChange(parsing: call.body, limits: limits)
        let record = try Problem.storing { () throws(StoreError) in
            try store.update(
                id: call.subject,
                NablaStore.RunChange(name: change.name, tags: change.tags, notes: change.notes),
                textBytes: textBytes)
        }
        // A run that lives in this process is told from there until it has ended.
        scheduler.live(call.subject)?.update { run in
            run.name = record.name
            run.tags = record.tags
            run.notes = record.notes
        }
        return .content(.json(try runs.run(call.subject).json()))
    }
}

/// `DELETE /runs/{id}`: deletes an ended run with its metrics and networks.
struct DeleteRunEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let store: Store

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        try Problem.storing { () throws(StoreError) in try store.delete(id: call.subject) }
        return .content(Content(status: .noContent, body: []))
    }
}
