import NablaHTTP

/// What there is to tell of a request that was answered.
public struct AnsweredRequest: Sendable {
    /// The id that its answer carries.
    public let id: String
    // Not the texts the head holds, each of which would be counted.
    private let head: RequestHead
    let route: Route
    /// The name of the token it was made with; nil where callers need none.
    public let token: String?
    /// The answer's status.
    public let status: Int
    /// From when the request was complete to the answer.
    public let milliseconds: Double
    /// The bytes of the answer's body; 0 for what is sent bit by bit.
    public let bytes: Int

    init(
        id: String, head: RequestHead, route: Route, token: String?, status: Int,
        milliseconds: Double, bytes: Int
    ) {
        self.id = id
        self.head = head
        self.route = route
        self.token = token
        self.status = status
        self.milliseconds = milliseconds
        self.bytes = bytes
    }

    /// The request's method.
    public var method: String { head.method.name }
    /// The request's path as it was sent, so that no control character can be in it.
    public var path: String { head.target.rawPath }
}
