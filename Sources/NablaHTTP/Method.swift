/// What a request asks to be done to its target (RFC 9110 §9).
public enum Method: Sendable, Hashable {
    case get, head, post, put, patch, delete, options
    /// Any other token, as it was sent; methods are case-sensitive.
    case other(String)

    /// The token as it stands in the request line.
    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other(let name): name
        }
    }

    init(_ token: Span<UInt8>) {
        switch token.count {
        case 3 where token.spells("GET"): self = .get
        case 3 where token.spells("PUT"): self = .put
        case 4 where token.spells("POST"): self = .post
        case 4 where token.spells("HEAD"): self = .head
        case 5 where token.spells("PATCH"): self = .patch
        case 6 where token.spells("DELETE"): self = .delete
        case 7 where token.spells("OPTIONS"): self = .options
        default: self = .other(String(token))
        }
    }
}

/// A version of the protocol that this parser speaks.
public enum Version: Sendable, Comparable {
    /// HTTP/1.0: a connection ends with its answer unless both sides say otherwise.
    case http10
    /// HTTP/1.1 and, as RFC 9110 §2.5 asks, any later minor version.
    case http11
}
