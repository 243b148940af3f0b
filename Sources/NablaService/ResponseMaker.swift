import NablaAPI
import NablaGzip
import NablaHTTP
import NablaSockets

/// Makes responses of what requests are answered with, and tells of each.
final class ResponseMaker: Sendable {
    private let compression: CompressionSettings
    private let onEvent: @Sendable (ServiceEvent) -> Void

    /// Makes a maker that compresses as `compression` says, and tells `onEvent` of each response.
    init(
        compression: CompressionSettings, onEvent: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        self.compression = compression
        self.onEvent = onEvent
    }

    /// The response that has a content, compressed where the caller asked for it and it is long enough.
    ///
    /// - Parameters:
    ///   - content: What the request is answered with.
    ///   - request: The request.
    ///   - waited: How long it waited for a worker, in seconds.
    ///   - mayCompress: Whether there is time to compress it.
    /// - Returns: The response, of which it was told.
    func response(
        with content: consuming Content, to request: consuming RequestContext,
        waited: Double = 0, mayCompress: Bool = true
    ) -> Response {
        if compression.compresses(content.body.count) {
            content.varies(with: "Accept-Encoding")
            content.timing.writing = content.timing.writing ?? Stopwatch.now()
            if mayCompress, wantsGzip(request), compress(&content) {
                content.fields.append(("Content-Encoding", "gzip"))
            }
        }
        let now = Stopwatch.now()
        let (mediaType, timing) = (content.mediaType.utf8.span, content.timing)
        var fields = Fields()
        fields.add(
            unchecked: 4,
            atMost: ResponseMaker.lineBytes + mediaType.count + RequestID.room + Timing.room
        ) { lines in
            ResponseMaker.writeCommon(to: &lines, mediaType, request.id)
            lines.append("Server-Timing: ")
            timing.write(to: &lines, at: now, waited: waited)
            lines.append("\r\n")
        }
        for (name, value) in content.fields { fields.add(name, value) }
        for (name, value) in request.fields { fields.add(name, value) }
        // Before it is sent: whoever has the answer finds it counted.
        tell(of: request, content.status, bytes: content.body.count, at: now)
        // Taken out, since a copy would count a reference.
        var body: [UInt8] = []
        swap(&body, &content.body)
        return Response(status: content.status, fields: fields, body: body)
    }

    /// The response that tells of a problem, with what its kind asks for beside it.
    func response(
        with problem: consuming Problem, to request: consuming RequestContext,
        fields: [(name: String, value: String)] = []
    ) -> Response {
        problem.instance = request.id.text
        if problem.kind == .internalError {
            onEvent(.failure(requestID: problem.instance, detail: problem.detail))
        }
        var content = Content(
            status: Status(code: problem.kind.status), body: problem.json())
        content.mediaType = Problem.mediaType
        content.fields = fields
        if problem.kind.status == 503 { content.fields.append(("Retry-After", "1")) }
        return response(with: content, to: request)
    }

    /// The fields of an answer that is sent bit by bit; its media type is a constant, since it is sent unchecked.
    func streamFields(to request: RequestContext, mediaType: String) -> Fields {
        let (mediaType, id) = (mediaType.utf8.span, request.id)
        var fields = Fields()
        fields.add(
            unchecked: 3, atMost: ResponseMaker.lineBytes + mediaType.count + RequestID.room
        ) { ResponseMaker.writeCommon(to: &$0, mediaType, id) }
        fields.add("Cache-Control", "no-cache")
        for (name, value) in request.fields { fields.add(name, value) }
        return fields
    }

    /// Tells that a request is answered at that moment of `Stopwatch`.
    func tell(
        of request: consuming RequestContext, _ status: Status, bytes: Int,
        at now: Double = Stopwatch.now()
    ) {
        let milliseconds = (now - request.start) * 1000
        onEvent(
            .answered(
                AnsweredRequest(
                    request, status: status.code, milliseconds: milliseconds, bytes: bytes)))
    }

    /// Whether making a response of so many bytes takes longer than a loop should be kept: compressing does.
    func takesLong(ofBytes count: Int, to request: RequestContext) -> Bool {
        count > ResponseMaker.loopBytes && compression.compresses(count) && wantsGzip(request)
    }

    /// Bytes that a loop compresses itself: some tens of microseconds.
    private static let loopBytes = 4096

    private func wantsGzip(_ request: RequestContext) -> Bool {
        CompressionSettings.wantsGzip(request.head.fields.values(of: "accept-encoding"))
    }

    /// Compresses a body, if it becomes shorter.
    private func compress(_ content: inout Content) -> Bool {
        guard let compressed = Gzip.compressed(content.body),
            compressed.count < content.body.count
        else { return false }
        content.body = compressed
        return true
    }

    /// The most bytes that the lines of every answer have, `Server-Timing` among them, without their values.
    private static let lineBytes = 96

    /// Writes three lines that every answer has, in one piece.
    private static func writeCommon(
        to lines: inout OutputSpan<UInt8>, _ mediaType: Span<UInt8>, _ id: RequestID
    ) {
        lines.append("Content-Type: ")
        lines.append(copying: mediaType)
        // No browser may take JSON that holds a caller's text for a page.
        lines.append("\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: ")
        id.write(to: &lines)
        lines.append("\r\n")
    }
}
