import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets
import Synchronization

/// The way of a request: identified, routed, admitted, checked, placed, answered; each stage may
/// refuse it.
final class Pipeline: RequestHandler {
    private let router: Router
    private let gate: Gate
    private let crossOrigin: CrossOrigin?
    private let pool: WorkerPool
    private let storagePool: WorkerPool
    private let identifiers: IdentifierSource
    private let inlineBytes: Int
    private let compression: CompressionSettings
    private let uploads: UploadFolder?
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let loopWorkspaces: LoopWorkspaces

    init(
        router: Router, gate: Gate, crossOrigin: CrossOrigin? = nil, pool: WorkerPool,
        storagePool: WorkerPool, identifiers: IdentifierSource, inlineBytes: Int,
        compression: CompressionSettings = CompressionSettings(), uploads: UploadFolder? = nil,
        loops: Int,
        onEvent: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        self.router = router
        self.gate = gate
        self.crossOrigin = crossOrigin
        self.pool = pool
        self.storagePool = storagePool
        self.identifiers = identifiers
        self.inlineBytes = inlineBytes
        self.compression = compression
        self.uploads = uploads
        loopWorkspaces = LoopWorkspaces(count: loops)
        self.onEvent = onEvent
    }

    func handle(_ request: consuming Request, _ responder: consuming Responder) {
        let start = Stopwatch.now()
        let (match, route) = router.match(request.head.method, request.head.target.path)
        let admission = gate.admit(to: match.scope, request.head.fields, at: start)
        let reply = Reply(
            id: identify(request.head), head: request.head, route: route, token: admission.token,
            fields: crossOrigin?.fields(for: request.head) ?? [], start: start,
            compression: compression, responder: responder, onEvent: onEvent)
        if case .refused(let problem, let fields) = admission {
            return reply.send(problem, fields: fields)
        }
        switch match {
        case .nothing:
            reply.send(Problem(.notFound, "there is nothing at \(reply.head.target.path)"))
        case .options(let methods):
            let fields = crossOrigin?.preflightFields(for: reply.head, methods) ?? []
            reply.send(
                Content(status: .noContent, fields: [Pipeline.allow(methods)] + fields, body: []))
        case .otherMethod(let methods):
            let allow = Pipeline.allow(methods)
            reply.send(
                Problem(
                    .methodNotAllowed,
                    "\(reply.head.method.name) is not for \(reply.head.target.path), but "
                        + allow.value),
                fields: [allow])
        case .endpoint(let endpoint, let subject):
            let call = Call(request, subject: subject, since: start, reply: reply)
            if call.hasBody,
                let (problem, field) = Pipeline.refusal(of: call.head, at: endpoint)
            {
                reply.send(problem, fields: [field])
            } else if call.sink is RefusedBody {
                // Its token came to be while the body arrived.
                reply.send(Problem(.unavailable, "the body was not kept; send it again"))
            } else if let problem = Pipeline.refusal(of: call.head.target, by: endpoint) {
                reply.send(problem)
            } else {
                place(call, at: endpoint, reply)
            }
        }
    }

    /// Has the disk take what an endpoint wants there, and nothing take what will be refused.
    func sink(
        for head: RequestHead, whenRoom: @escaping @Sendable () -> Void
    ) -> (any BodySink)? {
        let match = router.match(head.method, head.target.path).match
        guard let uploads, case .endpoint(let endpoint, _) = match, endpoint.takesUploads else {
            return nil
        }
        let isRefused =
            !gate.allows(match.scope, head.fields)
            || Pipeline.refusal(of: head, at: endpoint) != nil
        return uploads.sink(for: head, isRefused: isRefused, whenRoom: whenRoom)
    }

    func response(to error: MessageError) -> Response {
        let kind =
            Pipeline.messageKinds.first { $0.status == error.status.code } ?? .malformedRequest
        let problem = Problem(kind, error.detail, instance: identifiers.next())
        var fields = Fields()
        fields.add("Content-Type", Problem.mediaType)
        fields.add("X-Content-Type-Options", "nosniff")
        if let id = problem.instance {
            fields.add("X-Request-Id", id)
            onEvent(.refused(requestID: id, status: problem.kind.status, detail: error.detail))
        }
        if kind.status == 503 { fields.add("Retry-After", "1") }
        return Response(status: error.status, fields: fields, body: problem.json())
    }
}

extension Pipeline {
    /// Keeps the caller's own id where it is sane: 1 to 128 letters, digits, `.`, `_` and `-`.
    private func identify(_ head: RequestHead) -> String {
        guard let id = head.requestID, (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy(\.isPlain)
        else { return identifiers.next() }
        return id
    }

    /// The kinds of problem that a message may have before it is a request, one for each status.
    private static let messageKinds: [Problem.Kind] = [
        .malformedRequest, .requestTimeout, .contentTooLarge, .targetTooLong, .expectationFailed,
        .fieldsTooLarge, .notImplemented, .versionNotSupported, .unavailable,
    ]

    private static func allow(_ methods: [Method]) -> (name: String, value: String) {
        ("Allow", methods.map(\.name).joined(separator: ", "))
    }

    /// Refuses a query where none is read.
    private static func refusal(of target: RequestTarget, by endpoint: RoutedEndpoint) -> Problem? {
        guard !endpoint.takesQuery, !target.query.isEmpty else { return nil }
        do throws(Problem) {
            _ = try Parameters(target.query, known: [])
            return nil
        } catch {
            return error
        }
    }

    /// Refuses a body that is coded otherwise than as gzip or of a media type that its endpoint doesn't take, with the
    /// field that says what would do (RFC 9110, section 15.5.16); one that says nothing is taken for JSON.
    private static func refusal(
        of head: RequestHead, at endpoint: RoutedEndpoint
    ) -> (problem: Problem, field: (name: String, value: String))? {
        let fields = head.fields
        if case .other(let codings) = ContentCoding(of: head) {
            let detail = "the body's Content-Encoding is \(codings), but must be gzip or left out"
            let accepted = ContentCoding.accepted
            return (Problem(.unsupportedMediaType, detail), ("Accept-Encoding", accepted))
        }
        guard
            !head.isJSON || !endpoint.takesJSON, let type = fields["content-type"]
        else { return nil }
        var mediaType = type.prefix { $0 != ";" }
        while mediaType.last == " " || mediaType.last == "\t" { mediaType.removeLast() }
        guard !endpoint.mediaTypes.contains(mediaType.lowercased()) else { return nil }
        let detail =
            "the body's Content-Type is \(type), but must be "
            + endpoint.mediaTypes.joined(separator: " or ")
        return (
            Problem(.unsupportedMediaType, detail),
            ("Accept", endpoint.mediaTypes.joined(separator: ", "))
        )
    }

    private func place(_ call: Call, at endpoint: RoutedEndpoint, _ reply: Reply) {
        let isCompressed = call.head.hasContentCoding && !call.body.isEmpty
        switch endpoint.place {
        case .loop:
            answerOnLoop(call, at: endpoint, reply)
        // A compressed body is small only until it is inflated.
        case .loopOrWorker where call.body.count <= inlineBytes && !isCompressed:
            answerOnLoop(call, at: endpoint, reply)
        case .loopOrWorker, .worker, .storage:
            let compression = self.compression
            let pool = endpoint.place == .storage ? storagePool : pool
            submit(call, reply, to: pool) { workspace throws(Problem) in
                var whole = call
                if isCompressed { whole.body = try compression.inflated(call.body) }
                return try endpoint.answer(whole.begun(), workspace)
            }
        }
    }

    private func answerOnLoop(_ call: Call, at endpoint: RoutedEndpoint, _ reply: Reply) {
        loopWorkspaces.lend { workspace in
            do throws(Problem) {
                let answer = try endpoint.answer(call, workspace)
                if case .onWorker(let rest) = answer {
                    return submit(call, reply, to: pool, rest)
                }
                try give(answer, workspace, reply, isOnLoop: true)
            } catch {
                reply.send(error)
            }
        }
    }

    private func submit(
        _ call: Call, _ reply: Reply, to pool: WorkerPool,
        _ work: @escaping @Sendable (Workspace) throws(Problem) -> Answer
    ) {
        let queued = Stopwatch.now()
        let isTaken = pool.submit { workspace in
            guard !call.isCancelled else {
                // Nobody reads it, but without an answer the connection would be kept.
                reply.send(Problem(.cancelled, "the caller went away"))
                return
            }
            let waited = Stopwatch.now() - queued
            do throws(Problem) {
                try self.give(work(workspace), workspace, reply, waited: waited)
            } catch {
                reply.send(error)
            }
        }
        guard !isTaken else { return }
        reply.send(
            Problem(.queueFull, "\(pool.capacity) requests wait already; try again later"))
    }

    private func give(
        _ answer: Answer, _ workspace: Workspace, _ reply: Reply, waited: Double = 0,
        isOnLoop: Bool = false
    ) throws(Problem) {
        switch answer {
        case .content(let content):
            guard isOnLoop, reply.takesLong(toSend: content.body.count) else {
                return reply.send(content, waited: waited)
            }
            guard !pool.submit({ _ in reply.send(content) }) else { return }
            // Better uncompressed than not at all.
            reply.send(content, mayCompress: false)
        case .onWorker(let rest):
            // Here is a worker: the loop hands its own on.
            try give(rest(workspace), workspace, reply, waited: waited)
        case .later(let begin):
            begin(reply)
        }
    }
}

/// Workspaces for computations on the loops, each lent to one at a time.
final class LoopWorkspaces: Sendable {
    private let workspaces: [LoopWorkspace]

    /// Makes one for each of `count` loops, so that none waits for another.
    init(count: Int) {
        workspaces = (0..<count).map { _ in LoopWorkspace() }
    }

    func lend(_ body: (Workspace) -> Void) {
        // By index, which counts no reference to the list.
        for index in workspaces.indices where workspaces[index].lendIfFree(body) { return }
        workspaces[0].lend(body)
    }
}

private final class LoopWorkspace: Sendable {
    private let workspace = Mutex(Workspace())

    /// Lends the workspace, or gives false at once when it is lent.
    func lendIfFree(_ body: (Workspace) -> Void) -> Bool {
        workspace.withLockIfAvailable { body($0) } != nil
    }

    func lend(_ body: (Workspace) -> Void) {
        workspace.withLock { body($0) }
    }
}
