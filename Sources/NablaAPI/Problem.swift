public import NablaJSON
public import NablaNetworks

/// An error as it goes over the wire: RFC 9457 `application/problem+json`.
public struct Problem: Error, Sendable, Equatable {
    /// What kind of error it is.
    public let kind: Kind
    /// What is wrong, where, and what would be right.
    public var detail: String
    /// The place in the request's body that is to blame, as an RFC 6901 JSON pointer.
    public var pointer: String?
    /// The id of the request that met it.
    public var instance: String?

    /// Describes an error.
    public init(
        _ kind: Kind, _ detail: String, pointer: String? = nil, instance: String? = nil
    ) {
        self.kind = kind
        self.detail = detail
        self.pointer = pointer
        self.instance = instance
    }

    /// The media type of a problem.
    public static let mediaType = "application/problem+json"
}

extension Problem {
    /// The kinds of problem.
    ///
    /// Names are part of the contract and never reused.
    public enum Kind: String, Sendable, CaseIterable {
        // The message.
        case malformedRequest = "malformed-request"
        case requestTimeout = "request-timeout"
        case contentTooLarge = "content-too-large"
        case targetTooLong = "target-too-long"
        case expectationFailed = "expectation-failed"
        case fieldsTooLarge = "fields-too-large"
        case notImplemented = "not-implemented"
        case versionNotSupported = "version-not-supported"
        // The call.
        case unauthorized
        case forbidden
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case unsupportedMediaType = "unsupported-media-type"
        case tooManyRequests = "too-many-requests"
        case invalidParameter = "invalid-parameter"
        // The body.
        case malformedJSON = "malformed-json"
        case wrongType = "wrong-type"
        case unknownField = "unknown-field"
        case missingField = "missing-field"
        case duplicateField = "duplicate-field"
        case unknownName = "unknown-name"
        case outOfRange = "out-of-range"
        // What the body asks for.
        case shapeMismatch = "shape-mismatch"
        case inconsistent
        case nonFinite = "non-finite"
        case tooMuchWork = "too-much-work"
        case conflict
        // The service.
        case cancelled
        case internalError = "internal-error"
        case queueFull = "queue-full"
        case unavailable

        /// The HTTP status it is answered with.
        public var status: Int {
            switch self {
            case .malformedRequest, .invalidParameter, .malformedJSON, .wrongType, .unknownField,
                .missingField, .duplicateField, .unknownName, .outOfRange:
                400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .requestTimeout: 408
            case .conflict: 409
            case .contentTooLarge: 413
            case .targetTooLong: 414
            case .unsupportedMediaType: 415
            case .expectationFailed: 417
            case .shapeMismatch, .inconsistent, .nonFinite, .tooMuchWork: 422
            case .tooManyRequests: 429
            case .fieldsTooLarge: 431
            case .internalError: 500
            case .notImplemented: 501
            case .cancelled, .queueFull, .unavailable: 503
            case .versionNotSupported: 505
            }
        }

        /// The title: the name in words.
        public var title: String {
            switch self {
            case .malformedJSON: return "Malformed JSON"
            case .nonFinite: return "Non-finite result"
            default:
                let words = rawValue.replacing("-", with: " ")
                return words.prefix(1).uppercased() + words.dropFirst()
            }
        }
    }
}

extension Problem {
    /// Tells what a JSON reader found wrong.
    public init(_ error: JSONError) {
        let kind: Kind =
            switch error.kind {
            case .syntax, .tooDeep: .malformedJSON
            case .tooLarge: .contentTooLarge
            case .wrongType: .wrongType
            case .unknownField: .unknownField
            case .missingField: .missingField
            case .duplicateField: .duplicateField
            case .ragged: .shapeMismatch
            case .outOfRange, .numberTooLarge, .base64: .outOfRange
            }
        self.init(kind, error.detail, pointer: error.pointer)
    }

    /// Tells what an invalid value is; its pointer must be seen from the body's root by now.
    public init(_ error: InvalidValue) {
        let kind: Kind =
            switch error.reason {
            case .outOfRange: .outOfRange
            case .shapeMismatch: .shapeMismatch
            case .inconsistent: .inconsistent
            }
        self.init(kind, error.detail, pointer: error.pointer)
    }

    /// Runs `body`, which reads or checks a request, and gives what it throws as a problem.
    @inline(__always)
    static func reporting<Value>(_ body: () throws -> Value) throws(Problem) -> Value {
        do {
            return try body()
        } catch let problem as Problem {
            throw problem
        } catch let error as JSONError {
            throw Problem(error)
        } catch let error as InvalidValue {
            throw Problem(error)
        } catch {
            throw Problem(.internalError, "\(error)")
        }
    }
}

extension Problem {
    /// The problem as JSON.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.finish()
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("/problems/\(kind.rawValue)")
        writer.key("title")
        writer.string(kind.title)
        writer.key("status")
        writer.int(kind.status)
        writer.key("detail")
        writer.string(detail)
        writer.field("instance", instance)
        writer.field("pointer", pointer)
        writer.endObject()
    }

    /// Reads a problem that a server answered with; a kind this version doesn't know is an internal error.
    ///
    /// - Throws: `Problem` when the body is no problem at all.
    public init(parsing body: [UInt8]) throws(Problem) {
        self = try Problem.reporting {
            try Problem(reading: JSONDocument(parsing: body).root)
        }
    }

    init(reading value: JSONValue) throws {
        let object = try value.anyObject()
        let type = try object.read("type") { try $0.string() }
        kind = Kind(rawValue: String(type.split(separator: "/").last ?? "")) ?? .internalError
        detail = try object.read("detail") { try $0.string() }
        instance = try object.readIfPresent("instance") { try $0.string() }
        pointer = try object.readIfPresent("pointer") { try $0.string() }
    }
}
