/// A request's line and fields, checked.
///
/// Never changes. A class, so that handing it on counts one reference and not one for each of its parts,
/// and so that requests with the same head can share it.
public final class RequestHead: Sendable {
    /// How the end of a request's body is known (RFC 9112 §6.3).
    public enum Framing: Sendable, Equatable {
        /// There is no body.
        case none
        /// The body has this many bytes; within the limit, at least 1.
        case length(Int)
        /// The body comes in chunks.
        case chunked
    }

    /// What is to be done.
    public let method: Method
    /// What it is to be done to.
    public let target: RequestTarget
    /// The version both sides speak.
    public let version: Version
    /// The fields, in order; without trailers.
    public let fields: Fields
    /// How the body ends.
    public let framing: Framing
    /// Whether the client wants to use the connection again (RFC 9112 §9.3).
    public let keepAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    public let expectsContinue: Bool
    /// Whether Content-Encoding says that the body is coded in any way (RFC 9110 §8.4).
    public let hasContentCoding: Bool
    /// Whether the first Content-Type is `application/json`, written just so; others may be JSON's, too.
    public let isJSON: Bool
    /// The first X-Request-Id, as it was sent.
    public let requestID: String?

    init(
        method: Method, target: RequestTarget, version: Version, fields: Fields,
        framing: Framing, keepAlive: Bool, expectsContinue: Bool, hasContentCoding: Bool,
        isJSON: Bool, requestID: String?
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
        self.framing = framing
        self.keepAlive = keepAlive
        self.expectsContinue = expectsContinue
        self.hasContentCoding = hasContentCoding
        self.isJSON = isJSON
        self.requestID = requestID
    }

    /// Host and port the request was sent to: the target's own, else the Host field's.
    public var host: String { target.authority ?? fields["host"] ?? "" }
}
