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
    /// 200
    public static let ok = Status(code: 200, reason: "OK")
    /// 201
    public static let created = Status(code: 201, reason: "Created")
    /// 202
    public static let accepted = Status(code: 202, reason: "Accepted")
    /// 204
    public static let noContent = Status(code: 204, reason: "No Content")
    /// 304
    public static let notModified = Status(code: 304, reason: "Not Modified")
    /// 400
    public static let badRequest = Status(code: 400, reason: "Bad Request")
    /// 401
    public static let unauthorized = Status(code: 401, reason: "Unauthorized")
    /// 403
    public static let forbidden = Status(code: 403, reason: "Forbidden")
    /// 404
    public static let notFound = Status(code: 404, reason: "Not Found")
    /// 405
    public static let methodNotAllowed = Status(code: 405, reason: "Method Not Allowed")
    /// 406
    public static let notAcceptable = Status(code: 406, reason: "Not Acceptable")
    /// 408
    public static let requestTimeout = Status(code: 408, reason: "Request Timeout")
    /// 409
    public static let conflict = Status(code: 409, reason: "Conflict")
    /// 412
    public static let preconditionFailed = Status(code: 412, reason: "Precondition Failed")
    /// 413
    public static let contentTooLarge = Status(code: 413, reason: "Content Too Large")
    /// 414
    public static let uriTooLong = Status(code: 414, reason: "URI Too Long")
    /// 415
    public static let unsupportedMediaType = Status(code: 415, reason: "Unsupported Media Type")
    /// 417
    public static let expectationFailed = Status(code: 417, reason: "Expectation Failed")
    /// 422
    public static let unprocessableContent = Status(code: 422, reason: "Unprocessable Content")
    /// 429
    public static let tooManyRequests = Status(code: 429, reason: "Too Many Requests")
    /// 431
    public static let fieldsTooLarge = Status(code: 431, reason: "Request Header Fields Too Large")
    /// 500
    public static let internalServerError = Status(code: 500, reason: "Internal Server Error")
    /// 501
    public static let notImplemented = Status(code: 501, reason: "Not Implemented")
    /// 503
    public static let serviceUnavailable = Status(code: 503, reason: "Service Unavailable")
    /// 505
    public static let versionNotSupported = Status(code: 505, reason: "HTTP Version Not Supported")
}
