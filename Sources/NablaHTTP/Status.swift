/// A response's status code (RFC 9110 §15).
public struct Status: Sendable, Equatable {
    /// Three digits, 100 to 599.
    public let code: Int

    /// Names a status by its code.
    public init(code: Int) {
        self.code = code
    }

    /// Whether a response with this status has a body at all (RFC 9110 §6.4.1).
    public var allowsBody: Bool { code >= 200 && code != 204 && code != 304 }

    /// The phrase in the status line, which recipients ignore; empty for codes that have no constant here.
    var reason: StaticString {
        switch code {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}

extension Status {
    /// The answer is the body.
    public static let ok = Status(code: 200)
    /// Something was made; `Location` says where.
    public static let created = Status(code: 201)
    /// The work will be done later.
    public static let accepted = Status(code: 202)
    /// Done, and there is nothing to send.
    public static let noContent = Status(code: 204)
    /// The caller's copy is still good.
    public static let notModified = Status(code: 304)
    /// The message or its content is malformed.
    public static let badRequest = Status(code: 400)
    /// A token is missing or wrong; `WWW-Authenticate` says which kind.
    public static let unauthorized = Status(code: 401)
    /// The token does not allow it.
    public static let forbidden = Status(code: 403)
    /// There is no such thing.
    public static let notFound = Status(code: 404)
    /// Not with this method; `Allow` lists those there are.
    public static let methodNotAllowed = Status(code: 405)
    /// Not in a form that the caller accepts.
    public static let notAcceptable = Status(code: 406)
    /// The request took too long to arrive.
    public static let requestTimeout = Status(code: 408)
    /// It contradicts what is already there.
    public static let conflict = Status(code: 409)
    /// A condition that the caller set is not met.
    public static let preconditionFailed = Status(code: 412)
    /// The body is longer than its limit.
    public static let contentTooLarge = Status(code: 413)
    /// The request target is longer than its limit.
    public static let uriTooLong = Status(code: 414)
    /// The body's media type is not one that is read.
    public static let unsupportedMediaType = Status(code: 415)
    /// Something other than 100-continue was expected.
    public static let expectationFailed = Status(code: 417)
    /// Well-formed, but inconsistent.
    public static let unprocessableContent = Status(code: 422)
    /// Too many requests; `Retry-After` says when to try again.
    public static let tooManyRequests = Status(code: 429)
    /// The fields are longer or more than their limit.
    public static let fieldsTooLarge = Status(code: 431)
    /// The server has a fault.
    public static let internalServerError = Status(code: 500)
    /// The method or the coding is not known.
    public static let notImplemented = Status(code: 501)
    /// Not now; `Retry-After` says when to try again.
    public static let serviceUnavailable = Status(code: 503)
    /// The protocol's major version is not spoken.
    public static let versionNotSupported = Status(code: 505)
}
