import NablaAPI
import NablaCore
import NablaHTTP
import NablaStore

/// `GET /healthz`: the process is alive.
struct HealthEndpoint: Endpoint {
    let place = Place.loop
    let scope: Scope? = nil
    let takesQuery = true

    func answer(_ call: Call, _ workspace: Workspace) -> Answer {
        .content(.json(HealthResponse().json()))
    }
}

/// `GET /readyz`: the database takes writes and the queue has room.
struct ReadinessEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = nil
    let takesQuery = true
    let store: Store
    let pool: WorkerPool
    let scheduler: RunScheduler
    let isDraining: @Sendable () -> Bool

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        guard !isDraining() else { throw Problem(.unavailable, "the service is stopping") }
        guard pool.load.waiting < pool.capacity else {
            throw Problem(.queueFull, "the queue of requests is full")
        }
        try Problem.storing { () throws(StoreError) in try store.checkWritable() }
        // What is small may find room where the rest doesn't.
        guard !scheduler.isRefused else {
            throw Problem(
                .unavailable, "the database refuses what runs did; the log says why")
        }
        return .content(.json(HealthResponse().json()))
    }
}

/// `GET /version`: which program answers.
struct VersionEndpoint: Endpoint {
    let place = Place.loop
    let scope: Scope? = nil
    let takesQuery = true

    func answer(_ call: Call, _ workspace: Workspace) -> Answer {
        .content(.json(VersionResponse(name: "nabla", version: Service.version).json()))
    }
}

/// `GET /openapi.json`: the contract.
struct OpenAPIEndpoint: Endpoint {
    let place = Place.loop
    let scope: Scope? = .read
    let takesQuery = true

    func answer(_ call: Call, _ workspace: Workspace) -> Answer {
        .content(.json(OpenAPI.document))
    }
}
