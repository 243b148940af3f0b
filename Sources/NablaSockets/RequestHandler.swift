public import NablaHTTP

/// A complete request.
public struct Request: Sendable {
    /// Its line and fields.
    public let head: RequestHead
    /// Its body, decoded; `RequestReader.spareBodyBytes` of capacity lie behind the last byte
    /// unless it is empty.
    public var body: [UInt8]
    /// What took the body as it arrived, where `body` hasn't it: see `RequestHandler.sink`.
    public var sink: (any BodySink)?

    /// Puts a request together; the body has its spare capacity where it comes of a `RequestReader`.
    public init(head: RequestHead, body: [UInt8], sink: (any BodySink)? = nil) {
        self.head = head
        self.body = body
        self.sink = sink
    }
}

/// A complete answer.
///
/// The connection adds `Server`, `Date`, `Content-Length` and `Connection`, and leaves the body out
/// where the request was HEAD.
public struct Response: Sendable {
    /// The status.
    public var status: Status
    /// The fields, without those the connection adds.
    public var fields: Fields
    /// The body.
    public var body: [UInt8]

    /// Puts an answer together.
    public init(status: Status, fields: Fields = Fields(), body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// How a request is answered.
public enum Handling: Sendable {
    /// At once, with this: nothing is made that others could answer through.
    case answered(Response)
    /// By whoever has the responder that was made for it, from any thread.
    case later(Responder)
}

/// What answers requests.
public protocol RequestHandler: AnyObject, Sendable {
    /// Answers a request, now or later.
    ///
    /// Called on the loop's thread: answer at once when the work is small, else hand it on with a responder,
    /// which must be used in the end, even when its client has gone: the connection waits for it.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - later: Makes the request's responder, which may answer before it is returned; called once at most.
    /// - Returns: The answer, or the responder.
    func handle(_ request: consuming Request, later: () -> Responder) -> Handling

    /// Gives what takes a body while it arrives; nil, as by default, for memory.
    ///
    /// Called on the loop's thread: for a PUT before any of its body is read, for other requests when the body did not
    /// come together with the head. A body that nobody will read (`BodySink.isRead`) is thrown away, and a client
    /// that waits for `100 Continue` has its answer without it.
    ///
    /// - Parameters:
    ///   - head: The request's head.
    ///   - whenRoom: What the sink calls, on any thread, once it has room again after it had none.
    /// - Returns: What takes the body; nil for memory.
    func sink(
        for head: RequestHead, whenRoom: @escaping @Sendable () -> Void
    ) -> (any BodySink)?

    /// The answer to a message that never became a request; called on any thread.
    ///
    /// - Parameters:
    ///   - error: What is wrong with it.
    ///   - head: Its head; nil where that is what is wrong.
    /// - Returns: The answer, after which the connection ends.
    func response(to error: MessageError, of head: RequestHead?) -> Response
}

extension RequestHandler {
    /// Has memory take all bodies.
    public func sink(
        for head: RequestHead, whenRoom: @escaping @Sendable () -> Void
    ) -> (any BodySink)? { nil }
}
