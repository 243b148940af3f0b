import NablaAPI
import NablaGzip
import NablaHTTP
import NablaSockets
import Synchronization

/// The one answer to a request, sent once, whoever is first.
///
/// It knows the request but for its body, which may be large, while the answer comes long after in some cases.
final class Reply: Sendable {
    /// The id that answer and log carry: letters, digits, `.`, `_` and `-`, as `Pipeline` sees to.
    let id: String
    /// The request's method, target and fields.
    let head: RequestHead
    /// The name of the token the request was made with; nil where callers need none.
    let token: String?
    private let route: Route
    private let compression: CompressionSettings
    private let fields: [(name: String, value: String)]
    private let start: Double
    private let responder: Responder
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let isTaken = Atomic(false)

    /// Prepares the answer.
    ///
    /// - Parameters:
    ///   - id: The id that answer and log carry.
    ///   - head: The request's method, target and fields.
    ///   - route: Where the request's path leads.
    ///   - token: The name of the token the request was made with; nil where callers need none.
    ///   - fields: What the answer says whatever it is.
    ///   - start: When the request came in, by `Stopwatch`.
    ///   - compression: Which answers are compressed.
    ///   - responder: The way back.
    ///   - onEvent: Gets told how it went.
    init(
        id: String, head: RequestHead, route: Route, token: String?,
        fields: [(name: String, value: String)], start: Double, compression: CompressionSettings,
        responder: Responder, onEvent: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        self.id = id
        self.head = head
        self.route = route
        self.token = token
        self.compression = compression
        self.fields = fields
        self.start = start
        self.responder = responder
        self.onEvent = onEvent
    }

    /// Sends an answer, compressed where the caller asked for it and it is long enough.
    ///
    /// - Parameters:
    ///   - content: The answer.
    ///   - waited: How long the request waited for a worker, in seconds.
    ///   - mayCompress: Whether there is time to compress it.
    func send(_ content: Content, waited: Double = 0, mayCompress: Bool = true) {
        guard take() else { return }
        guard compression.compresses(content.body.count) else { return give(content, waited) }
        var content = content
        content.varies(with: "Accept-Encoding")
        if mayCompress, compress(&content) { content.fields.append(("Content-Encoding", "gzip")) }
        give(content, waited)
    }

    /// Sends an answer as it is.
    private func give(_ content: Content, _ waited: Double) {
        var fields = Fields(byteCapacity: 320)
        fields.add(unchecked: "Content-Type", content.mediaType)
        for (name, value) in content.fields { fields.add(name, value) }
        addCommon(to: &fields)
        content.timing.add(to: &fields, waited: waited)
        let (status, bytes) = (content.status, content.body.count)
        // Before it is sent: whoever has the answer finds it counted.
        report(status, bytes: bytes)
        responder.respond(Response(status: status, fields: fields, body: content.body))
    }

    /// Whether sending an answer of so many bytes takes longer than a loop should be kept: compressing does.
    func takesLong(toSend byteCount: Int) -> Bool {
        byteCount > Reply.loopBytes && compression.compresses(byteCount) && wantsGzip
    }

    /// Bytes that a loop compresses itself: some tens of microseconds.
    private static let loopBytes = 4096

    private var wantsGzip: Bool {
        CompressionSettings.wantsGzip(head.fields.values(of: "accept-encoding"))
    }

    /// Compresses a body, if the caller wants that and it becomes shorter.
    private func compress(_ content: inout Content) -> Bool {
        guard wantsGzip else { return false }
        let start = Stopwatch.now()
        defer { content.timing.write += Stopwatch.now() - start }
        guard let compressed = Gzip.compressed(content.body),
            compressed.count < content.body.count
        else { return false }
        content.body = compressed
        return true
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

    /// Begins a stream of events; nil when another answer was sent already.
    func events() -> ResponseStream? {
        // A comment, which every reader of events skips.
        stream(mediaType: "text/event-stream", heartbeat: Array(":\n\n".utf8))
    }

    /// Begins an answer that is sent bit by bit; nil when another was sent already.
    func stream(mediaType: String, heartbeat: [UInt8] = []) -> ResponseStream? {
        guard take() else { return nil }
        var fields = Fields()
        fields.add("Content-Type", mediaType)
        fields.add("Cache-Control", "no-cache")
        addCommon(to: &fields)
        // Nil also where there are too many streams, which is told as a refusal then.
        guard let stream = responder.beginStream(fields: fields, heartbeat: heartbeat) else {
            return nil
        }
        report(.ok, bytes: 0)
        return stream
    }

    /// Whether the caller has gone away.
    var isCancelled: Bool { responder.isDisconnected }

    private func take() -> Bool {
        !isTaken.exchange(true, ordering: .relaxed)
    }

    private func addCommon(to fields: inout Fields) {
        for (name, value) in self.fields { fields.add(name, value) }
        // No browser may take JSON that holds a caller's text for a page.
        fields.add(lines: "X-Content-Type-Options: nosniff\r\n")
        fields.add(unchecked: "X-Request-Id", id)
    }

    private func report(_ status: Status, bytes: Int) {
        onEvent(
            .answered(
                AnsweredRequest(
                    id: id, head: head, route: route, token: token, status: status.code,
                    milliseconds: (Stopwatch.now() - start) * 1000, bytes: bytes)))
    }
}
