/// What there is to tell of a request that was answered.
public struct AnsweredRequest: Sendable {
    /// The request; no text of it is made or counted before it is asked for.
    private let request: RequestContext
    /// The answer's status.
    public let status: Int
    /// From when the request was complete to the answer.
    public let milliseconds: Double
    /// The bytes of the answer's body; 0 for what is sent bit by bit.
    public let bytes: Int

    init(_ request: RequestContext, status: Int, milliseconds: Double, bytes: Int) {
        self.request = request
        self.status = status
        self.milliseconds = milliseconds
        self.bytes = bytes
    }

    /// The id that its answer carries.
    public var id: String { request.id.text }
    /// The request's method.
    public var method: String { request.head.method.name }
    /// The request's path as it was sent, so that no control character can be in it.
    public var path: String { request.head.target.rawPath }
    /// The name of the token it was made with; nil where callers need none.
    public var token: String? { request.token }
    var route: Route { request.route }
}
