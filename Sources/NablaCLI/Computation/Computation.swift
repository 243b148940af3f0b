import Foundation
import NablaAPI
import NablaClient
import NablaNetworks
import NablaService

/// Where a command computes.
enum Computation {
    /// At a service.
    case service(Client)
    /// In this process, by the service's own endpoints.
    case embedded(EmbeddedService)

    /// The loss and its gradient for every parameter.
    func gradients(
        _ request: GradientsRequest, language: String?
    ) async throws -> GradientsResponse {
        switch self {
        case .service(let client): return try await client.gradients(request, language: language)
        case .embedded(let service):
            let fields = language.map { ["Accept-Language: \($0)"] } ?? []
            return try GradientsResponse(
                parsing: service.answer(
                    "POST", Path.gradients, fields: fields, body: request.json()))
        }
    }

    /// Gradients held against differences of the loss.
    func check(_ request: CheckRequest) async throws -> CheckResponse {
        switch self {
        case .service(let client): return try await client.check(request)
        case .embedded(let service):
            return try CheckResponse(
                parsing: service.answer("POST", Path.check, body: request.json()))
        }
    }

    /// The outputs of a network.
    func predict(_ request: PredictRequest) async throws -> PredictResponse {
        switch self {
        case .service(let client): return try await client.predict(request)
        case .embedded(let service):
            return try PredictResponse(
                parsing: service.answer("POST", Path.predict, body: request.json()),
                as: request.dtype)
        }
    }

    /// The network that a run has trained so far.
    func network(of run: Run) async throws -> Network {
        switch self {
        case .service(let client): return try await client.network(ofRun: run.id, as: .float64)
        case .embedded(let service):
            let target = Path.run(run.id, .network) + "?encoding=base64"
            return try Network(parsing: service.answer("GET", target), as: .float64)
        }
    }

    /// Asks for the end of a run.
    func cancel(_ id: String) throws {
        switch self {
        case .service(let client): _ = try client.cancel(run: id)
        case .embedded(let service):
            _ = try service.answer("POST", Path.run(id, .cancel))
        }
    }

    /// Deletes a run that has ended.
    func delete(_ id: String) throws {
        switch self {
        case .service(let client): try client.delete(run: id)
        case .embedded(let service): _ = try service.answer("DELETE", Path.run(id))
        }
    }

    /// Begins a run and follows it to its end.
    ///
    /// A run of this process ends as cancelled on SIGINT or SIGTERM; one of a service goes on.
    ///
    /// - Parameters:
    ///   - request: What is trained, and how.
    ///   - onBegin: Gets the run as it was acknowledged.
    ///   - onEvent: Gets what happens to it.
    /// - Returns: The run as it ended.
    /// - Throws: `ClientError` or `Problem` where there is no service or it refuses the run.
    func train(
        _ request: TrainRequest, onBegin: (Run) -> Void, onEvent: (RunEvent) -> Void
    ) async throws -> Run {
        switch self {
        case .service(let client):
            let run = try await client.train(request)
            onBegin(run)
            return try await client.follow(run.id, onEvent)
        case .embedded(let service):
            // Before anybody is told of the run, who may want it to end at once.
            let stop = StopSignals()
            let (run, events) = try service.train(request.json())
            onBegin(run)
            return try await service.follow(run, events, until: stop, onEvent)
        }
    }
}

extension Client {
    /// Follows a run to its end.
    ///
    /// - Parameters:
    ///   - id: The run.
    ///   - onEvent: Gets what happened to it, and what happens.
    /// - Returns: The run as it ended.
    /// - Throws: `ClientError`, or what `onEvent` throws.
    func follow(_ id: String, _ onEvent: (RunEvent) throws -> Void) async throws -> Run {
        for try await event in events(ofRun: id) {
            try onEvent(event)
            if case .end(let ended) = event.content { return ended }
        }
        return try await run(id)
    }
}

extension EmbeddedService {
    /// Follows a run to its end, and has it cancelled when the program is asked to end.
    fileprivate func follow(
        _ run: Run, _ events: AsyncStream<SharedEvent>, until stop: StopSignals,
        _ onEvent: (RunEvent) -> Void
    ) async throws -> Run {
        let cancelling = Task {
            for await _ in stop.listen() {
                // It may have ended by itself meanwhile, which is as well.
                _ = try? answer("POST", Path.run(run.id, .cancel))
            }
        }
        defer { cancelling.cancel() }
        for await event in events where event.run == run.id {
            onEvent(event.event)
            if case .end(let ended) = event.event.content { return ended }
        }
        throw CommandError("the run \(run.id) ended, but nobody told how", .software)
    }
}
