/// A response's status code with the phrase that explains it (RFC 9110 §15).
public struct Status: Sendable, Equatable {
    /// Three digits, 100 to 599.
    public let code: Int
    /// The phrase in the status line; recipients ignore it.
    public let reason: String

    /// Names a status that has no constant here.
    public init(code: Int, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Whether a response with this status has a body at all (RFC 9110 §6.4.1).
    public var allowsBody: Bool { code >= 200 && code != 204 && code != 304 }

    /// Two statuses are the same when their codes are.
    public static func == (one: Status, other: Status) -> Bool { one.code == other.code }
}

extension Status {
    /// The answer is the body.
    public static let ok = Status(code: 200, reason: "OK")
    /// Something was made; `Location` says where.
    public static let created = Status(code: 201, reason: "Created")
    /// The work will be done later.
    public static let accepted = Status(code: 202, reason: "Accepted")
    /// Done, and there is nothing to send.
    public static let noContent = Status(code: 204, reason: "No Content")
    /// The caller's copy is still good.
    public static let notModified = Status(code: 304, reason: "Not Modified")
    /// The message or its content is malformed.
    public static let badRequest = Status(code: 400, reason: "Bad Request")
    /// A token is missing or wrong; `WWW-Authenticate` says which kind.
    public static let unauthorized = Status(code: 401, reason: "Unauthorized")
    /// The token does not allow it.
    public static let forbidden = Status(code: 403, reason: "Forbidden")
    /// There is no such thing.
    public static let notFound = Status(code: 404, reason: "Not Found")
    /// Not with this method; `Allow` lists those there are.
    public static let methodNotAllowed = Status(code: 405, reason: "Method Not Allowed")
    /// Not in a form that the caller accepts.
    public static let notAcceptable = Status(code: 406, reason: "Not Acceptable")
    /// The request took too long to arrive.
    public static let requestTimeout = Status(code: 408, reason: "Request Timeout")
    /// It contradicts what is already there.
    public static let conflict = Status(code: 409, reason: "Conflict")
    /// A condition that the caller set is not met.
    public static let preconditionFailed = Status(code: 412, reason: "Precondition Failed")
    /// The body is longer than its limit.
    public static let contentTooLarge = Status(code: 413, reason: "Content Too Large")
    /// The request target is longer than its limit.
    public static let uriTooLong = Status(code: 414, reason: "URI Too Long")
    /// The body's media type is not one that is read.
    public static let unsupportedMediaType = Status(code: 415, reason: "Unsupported Media Type")
    /// Something other than 100-continue was expected.
    public static let expectationFailed = Status(code: 417, reason: "Expectation Failed")
    /// Well-formed, but inconsistent.
    public static let unprocessableContent = Status(code: 422, reason: "Unprocessable Content")
    /// Too many requests; `Retry-After` says when to try again.
    public static let tooManyRequests = Status(code: 429, reason: "Too Many Requests")
    /// The fields are longer or more than their limit.
    public static let fieldsTooLarge = Status(code: 431, reason: "Request Header Fields Too Large")
    /// The server has a fault.
    public static let internalServerError = Status(code: 500, reason: "Internal Server Error")
    /// The method or the coding is not known.
    public static let notImplemented = Status(code: 501, reason: "Not Implemented")
    /// Not now; `Retry-After` says when to try again.
    public static let serviceUnavailable = Status(code: 503, reason: "Service Unavailable")
    /// The protocol's major version is not spoken.
    public static let versionNotSupported = Status(code: 505, reason: "HTTP Version Not Supported")
}
