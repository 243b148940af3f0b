import NablaAPI
import NablaHTTP
import NablaSockets
import Synchronization

/// The one answer to a request that isn't answered at once; sent once, whoever is first.
final class Reply: Sendable {
    private let request: RequestContext
    /// The way back.
    let responder: Responder
    private let maker: ResponseMaker
    private let isTaken = Atomic(false)

    /// Prepares the answer.
    init(to request: RequestContext, through responder: Responder, _ maker: ResponseMaker) {
        self.request = request
        self.responder = responder
        self.maker = maker
    }

    /// Sends an answer, compressed where the caller asked for it and it is long enough.
    ///
    /// - Parameters:
    ///   - content: The answer.
    ///   - waited: How long the request waited for a worker, in seconds.
    ///   - mayCompress: Whether there is time to compress it.
    func send(_ content: Content, waited: Double = 0, mayCompress: Bool = true) {
        guard take() else { return }
        responder.respond(
            maker.response(with: content, to: request, waited: waited, mayCompress: mayCompress))
    }

    /// Sends a problem, with what its kind asks for beside it.
    func send(_ problem: Problem) {
        guard take() else { return }
        responder.respond(maker.response(with: problem, to: request))
    }

    /// Begins a stream of events; nil when another answer was sent already.
    func events() -> ResponseStream? {
        // A comment, which every reader of events skips.
        stream(mediaType: "text/event-stream", heartbeat: Array(":\n\n".utf8))
    }

    /// Begins an answer that is sent bit by bit; nil when another was sent already.
    func stream(mediaType: String, heartbeat: [UInt8] = []) -> ResponseStream? {
        guard take() else { return nil }
        let fields = maker.streamFields(to: request, mediaType: mediaType)
        // Nil also where there are too many streams, which is told as a refusal then.
        guard let stream = responder.beginStream(fields: fields, heartbeat: heartbeat) else {
            return nil
        }
        maker.tell(of: request, .ok, bytes: 0)
        return stream
    }

    /// Whether the caller has gone away.
    var isCancelled: Bool { responder.isDisconnected }

    private func take() -> Bool {
        !isTaken.exchange(true, ordering: .relaxed)
    }
}
