import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets
import Synchronization

/// The way of a request: routed, admitted, identified, checked, placed, answered; each stage may
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
    private let maker: ResponseMaker
    private let loopWorkspaces: LoopWorkspaces

    init(
        router: Router, gate: Gate, crossOrigin: CrossOrigin? = nil, pool: WorkerPool,
        storagePool: WorkerPool, identifiers: IdentifierSource, inlineBytes: Int,
        compression: CompressionSettings = CompressionSettings(), uploads: UploadFolder? = nil,
        loops: Int, mostNumbers: Int = Workspace.defaultMostNumbers,
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
        maker = ResponseMaker(compression: compression, onEvent: onEvent)
        loopWorkspaces = LoopWorkspaces(count: loops, mostNumbers: mostNumbers)
        self.onEvent = onEvent
    }

    func handle(_ request: consuming Request, later: () -> Responder) -> Handling {
        let start = Stopwatch.now()
        let (match, route) = router.match(request.head.method, request.head.target.path)
        switch consume match {
        case .nothing:
            return refuse(
                context(of: request.head, route, since: start),
                Problem(.notFound, "there is nothing at \(request.head.target.path)"))
        case .options(let methods):
            let fields = crossOrigin?.preflightFields(for: request.head, methods) ?? []
            let content = Content(
                status: .noContent, fields: [Pipeline.allow(methods)] + fields, body: [])
            return .answered(
                maker.response(with: content, to: context(of: request.head, route, since: start)))
        case .otherMethod(let methods):
            let (head, allow) = (request.head, Pipeline.allow(methods))
            return refuse(
                context(of: head, route, since: start),
                Problem(
                    .methodNotAllowed,
                    "\(head.method.name) is not for \(head.target.path), but " + allow.value),
                [allow])
        case .endpoint(let endpoint, let subject):
            let token: String?
            do throws(Gate.Refusal) {
                token = try gate.admit(to: endpoint.scope, request.head.fields, at: start)
            } catch {
                return refuse(
                    context(of: request.head, route, since: start), error.problem, error.fields)
            }
            let context = context(of: request.head, route, token: token, since: start)
            if !request.head.method.givesBodyMeaning { (request.body, request.sink) = ([], nil) }
            let call = Call(request, subject: subject, token: token, since: start)
            if call.hasBody, let (problem, field) = Pipeline.refusal(of: call.head, at: endpoint) {
                return refuse(context, problem, [field])
            }
            if let problem = Pipeline.refusal(of: call.head.target, by: endpoint) {
                return refuse(context, problem)
            }
            if call.sink is UnreadBody {
                // Its token came to be while the body arrived.
                return refuse(
                    context, Problem(.unavailable, "the body was not kept; send it again"))
            }
            return place(call, at: endpoint, consume context, later)
        }
    }

    private func context(
        of head: RequestHead, _ route: Route, token: String? = nil, since start: Double
    ) -> RequestContext {
        RequestContext(
            id: RequestID(of: head, or: { identifiers.next() }), head: head, route: route,
            token: token, fields: crossOrigin?.fields(for: head) ?? [], start: start)
    }

    private func refuse(
        _ request: consuming RequestContext, _ problem: Problem,
        _ fields: [(name: String, value: String)] = []
    ) -> Handling {
        .answered(maker.response(with: problem, to: request, fields: fields))
    }

    /// Has the disk take what an endpoint wants there, and nothing take what will be refused or has no meaning.
    func sink(
        for head: RequestHead, whenRoom: @escaping @Sendable () -> Void
    ) -> (any BodySink)? {
        guard let uploads else { return nil }
        guard head.method.givesBodyMeaning,
            case .endpoint(let endpoint, _) = router.match(head.method, head.target.path).match,
            gate.allows(endpoint.scope, head.fields),
            Pipeline.refusal(of: head, at: endpoint) == nil,
            Pipeline.refusal(of: head.target, by: endpoint) == nil
        else { return UnreadBody(byteLimit: uploads.byteLimit(for: head)) }
        return endpoint.takesUploads ? uploads.upload(for: head, whenRoom: whenRoom) : nil
    }

    func response(to error: MessageError, of head: RequestHead?) -> Response {
        let kind =
            Pipeline.messageKinds.first { $0.status == error.status.code } ?? .malformedRequest
        let id =
            head.map { RequestID(of: $0, or: identifiers.next).text } ?? identifiers.next().text
        let problem = Problem(kind, error.detail, instance: id)
        var fields = Fields()
        fields.add("Content-Type", Problem.mediaType)
        fields.add("X-Content-Type-Options", "nosniff")
        fields.add("X-Request-Id", id)
        onEvent(.refused(requestID: id, status: problem.kind.status, detail: error.detail))
        for field in head.flatMap({ crossOrigin?.fields(for: $0) }) ?? [] {
            fields.add(field.name, field.value)
        }
        if kind.status == 503 { fields.add("Retry-After", "1") }
        return Response(status: error.status, fields: fields, body: problem.json())
    }
}

extension Method {
    /// Whether what a request of the method is about is in its body, too (RFC 9110 §9.3).
    fileprivate var givesBodyMeaning: Bool {
        switch self {
        case .get, .head, .delete, .options: false
        default: true
        }
    }
}

extension Pipeline {
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

    private func place(
        _ call: Call, at endpoint: RoutedEndpoint, _ request: consuming RequestContext,
        _ later: () -> Responder
    ) -> Handling {
        let isCompressed = call.head.hasContentCoding && !call.body.isEmpty
        switch endpoint.place {
        case .loop:
            return answerOnLoop(call, at: endpoint, request, later)
        // A compressed body is small only until it is inflated.
        case .loopOrWorker where call.body.count <= inlineBytes && !isCompressed:
            return answerOnLoop(call, at: endpoint, request, later)
        case .loopOrWorker, .worker, .storage:
            let pool = endpoint.place == .storage ? storagePool : pool
            return handOn(request, later()) { reply in
                submit(call, reply, to: pool, inflating: isCompressed) {
                    call, workspace throws(Problem) in
                    try endpoint.answer(call, workspace)
                }
            }
        }
    }

    private func answerOnLoop(
        _ call: Call, at endpoint: RoutedEndpoint, _ request: consuming RequestContext,
        _ later: () -> Responder
    ) -> Handling {
        do throws(Problem) {
            let answer = try loopWorkspaces.lend { workspace throws(Problem) in
                try endpoint.answer(call, workspace)
            }
            switch consume answer {
            case .content(let content):
                guard maker.takesLong(ofBytes: content.body.count, to: request) else {
                    return .answered(maker.response(with: content, to: request))
                }
                return handOn(request, later()) { compress(content, $0) }
            case .onWorker(let rest):
                return handOn(request, later()) { submit(call, $0, to: pool, rest) }
            case .later(let begin):
                return handOn(request, later(), begin)
            }
        } catch {
            return refuse(request, error)
        }
    }

    /// Has a request answered by whoever has its reply.
    private func handOn(
        _ request: consuming RequestContext, _ responder: Responder, _ body: (Reply) -> Void
    ) -> Handling {
        body(Reply(to: request, through: responder, maker))
        return .later(responder)
    }

    /// Has a worker compress and send an answer.
    private func compress(_ content: Content, _ reply: Reply) {
        let queued = Stopwatch.now()
        let isTaken = pool.submit { _ in
            let waited = Stopwatch.now() - queued
            var content = content
            content.timing.leaveOut(waited)
            reply.send(content, waited: waited)
        }
        // Better uncompressed than not at all.
        if !isTaken { reply.send(content, mayCompress: false) }
    }

    private func submit(
        _ call: Call, _ reply: Reply, to pool: WorkerPool, inflating: Bool = false,
        _ work: @escaping @Sendable (Call, Workspace) throws(Problem) -> Answer
    ) {
        let (call, compression) = (call.answered(by: reply), self.compression)
        let queued = Stopwatch.now()
        let isTaken = pool.submit { workspace in
            guard !call.isCancelled else {
                // Nobody reads it, but without an answer the connection would be kept.
                reply.send(Problem(.cancelled, "the caller went away"))
                return
            }
            let waited = Stopwatch.now() - queued
            do throws(Problem) {
                var whole = call
                if inflating { whole.body = try compression.inflated(call.body) }
                whole = whole.begun()
                try Pipeline.give(work(whole, workspace), whole, workspace, reply, waited: waited)
            } catch {
                reply.send(error)
            }
        }
        guard !isTaken else { return }
        reply.send(
            Problem(.queueFull, "\(pool.capacity) requests wait already; try again later"))
    }

    private static func give(
        _ answer: Answer, _ call: Call, _ workspace: Workspace, _ reply: Reply,
        waited: Double
    ) throws(Problem) {
        switch answer {
        case .content(let content):
            reply.send(content, waited: waited)
        case .onWorker(let rest):
            // Here is a worker: the loop hands its own on.
            try give(rest(call, workspace), call, workspace, reply, waited: waited)
        case .later(let begin):
            begin(reply)
        }
    }
}

/// Workspaces for computations on the loops, each lent to one at a time.
final class LoopWorkspaces: Sendable {
    private let workspaces: [LoopWorkspace]

    /// Makes one for each of `count` loops, so that none waits for another; their results may have up to
    /// `mostNumbers` numbers.
    init(count: Int, mostNumbers: Int) {
        workspaces = (0..<count).map { _ in LoopWorkspace(mostNumbers: mostNumbers) }
    }

    func lend<Result: Sendable>(
        _ body: (Workspace) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        // By index, which counts no reference to the list.
        for index in workspaces.indices {
            if let result = try workspaces[index].lendIfFree(body) { return result }
        }
        return try workspaces[0].lend(body)
    }
}

private final class LoopWorkspace: Sendable {
    private let workspace: Mutex<Workspace>

    init(mostNumbers: Int) {
        workspace = Mutex(Workspace(mostNumbers: mostNumbers))
    }

    /// Lends the workspace, or gives nil at once when it is lent.
    func lendIfFree<Result: Sendable>(
        _ body: (Workspace) throws(Problem) -> Result
    ) throws(Problem) -> Result? {
        try workspace.withLockIfAvailable { workspace throws(Problem) in try body(workspace) }
    }

    func lend<Result: Sendable>(
        _ body: (Workspace) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try workspace.withLock { workspace throws(Problem) in try body(workspace) }
    }
}
