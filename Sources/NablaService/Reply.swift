import NablaAPI
import NablaHTTP
import NablaSockets
import Synchronization

/// The one answer to a request: sent once, whoever is first.
final class Reply: Sendable {
    private let id: String
    private let method: String
    private let path: String
    private let start: Double
    private let responder: Responder
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let isTaken = Atomic(false)

    init(
        to call: Call, start: Double, responder: Responder,
        onEvent: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        id = call.id
        method = call.head.method.name
        path = call.head.target.path
        self.start = start
        self.responder = responder
        self.onEvent = onEvent
    }

    /// Sends an answer.
    func send(_ content: Content) {
        guard take() else { return }
        var fields = Fields(byteCapacity: 256)
        fields.add("Content-Type", content.mediaType)
        for (name, value) in content.fields { fields.add(name, value) }
        fields.add("X-Request-Id", id)
        content.timing.add(to: &fields)
        responder.respond(Response(status: content.status, fields: fields, body: content.body))
        report(content.status)
    }

    /// Sends a problem, with what its kind asks for beside it.
    func send(_ problem: Problem, fields: [(name: String, value: String)] = []) {
        var problem = problem
        problem.instance = id
        if problem.kind == .internalError {
            onEvent(.failure(requestID: id, detail: problem.detail))
        }
        var content = Content(
            status: Status(code: problem.kind.status, reason: problem.kind.title),
            body: problem.json())
        content.mediaType = Problem.mediaType
        content.fields = fields
        if problem.kind.status == 503 { content.fields.append(("Retry-After", "1")) }
        send(content)
    }

    /// Begins an answer that is sent bit by bit; nil when another was sent already.
    func stream(mediaType: String) -> ResponseStream? {
        guard take() else { return nil }
        var fields = Fields()
        fields.add("Content-Type", mediaType)
        fields.add("Cache-Control", "no-cache")
        fields.add("X-Request-Id", id)
        report(.ok)
        return responder.beginStream(status: .ok, fields: fields)
    }

    private func take() -> Bool {
        !isTaken.exchange(true, ordering: .relaxed)
    }

    private func report(_ status: Status) {
        onEvent(
            .answered(
                requestID: id, method: method, path: path, status: status.code,
                milliseconds: (Stopwatch.now() - start) * 1000))
    }
}
