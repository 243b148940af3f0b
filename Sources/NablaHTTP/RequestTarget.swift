import Glibc

/// What a request is for (RFC 9112 §3.2), taken apart and decoded.
public struct RequestTarget: Sendable {
    /// One `name=value` of a query, decoded.
    public typealias QueryItem = (name: String, value: String)

    /// The path, percent-decoded once; begins with "/", or is "*" (asterisk-form).
    public let path: String
    /// The path as it was sent, so that "%2F" and "/" can be told apart.
    public let rawPath: String
    /// The query's items in order; "+" is read as a space, and a name alone has an empty value.
    public let query: [QueryItem]
    /// Host and port of an absolute-form target, which replace the Host field (RFC 9112 §3.2.2).
    let authority: String?

    /// The first value under a name of the query, or nil.
    public subscript(query name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// Reads a target in the form its method allows.
    init(_ bytes: Span<UInt8>, method: Method) throws(MessageError) {
        guard bytes.count > 0, bytes[0] != UInt8(ascii: "/") else {
            try self.init(bytes, pathStart: 0, authority: nil)
            return
        }
        // asterisk-form is for OPTIONS alone (RFC 9112 §3.2.4).
        if bytes.spells("*"), method == .options {
            self.init(rawPath: "*", path: "*", query: [], authority: nil)
            return
        }
        let start = try Self.authorityStart(bytes)
        var end = start
        while end < bytes.count, ByteSet.host.contains(bytes[end]) { end += 1 }
        // An empty host or user information is refused (RFC 9110 §4.2.1, §4.2.4).
        guard end > start, bytes[start] != .colon, isHost(bytes.extracting(start..<end)) else {
            throw MessageError(.badRequest, "the request target's authority is not a host")
        }
        let authority = String(bytes.extracting(start..<end))
        guard end < bytes.count else {
            // No path is "/", but of OPTIONS it is asterisk-form (RFC 9110 §4.2.3).
            let path = method == .options ? "*" : "/"
            self.init(rawPath: path, path: path, query: [], authority: authority)
            return
        }
        try self.init(bytes, pathStart: end, authority: authority)
    }

    /// Where the authority begins in an absolute-form target (RFC 9112 §3.2.2).
    private static func authorityStart(_ bytes: Span<UInt8>) throws(MessageError) -> Int {
        for (scheme, length) in [("http://" as StaticString, 7), ("https://", 8)]
        where bytes.count > length
            && bytes.extracting(0..<length).spellsIgnoringCase(scheme)
        {
            return length
        }
        throw MessageError(.badRequest, "the request target is neither a path nor an http URI")
    }

    /// Reads path and query; no path before a query is "/" (RFC 9110 §4.2.3) if there is an authority.
    private init(
        _ bytes: Span<UInt8>, pathStart: Int, authority: String?
    ) throws(MessageError) {
        var end = pathStart
        var isEncoded = false
        while end < bytes.count, ByteSet.path.contains(bytes[end]) {
            if bytes[end] == UInt8(ascii: "%") { isEncoded = true }
            end += 1
        }
        var query: [QueryItem] = []
        if end < bytes.count, bytes[end] == UInt8(ascii: "?") {
            query = try Self.queryItems(bytes.extracting((end + 1)...))
        } else if end < bytes.count {
            // A fragment is not sent (RFC 9112 §3.2), and no other byte belongs in a path.
            throw MessageError(.badRequest, "the request target has a byte that must be escaped")
        }
        let isEmpty = end == pathStart
        let raw = isEmpty ? "/" : String(bytes.extracting(pathStart..<end))
        guard raw.utf8.first == UInt8(ascii: "/"), !isEmpty || authority != nil else {
            throw MessageError(.badRequest, "the request target's path does not begin with /")
        }
        let path = isEncoded ? try percentDecoded(raw.utf8, inQuery: false) : raw
        self.init(rawPath: raw, path: path, query: query, authority: authority)
    }

    private init(rawPath: String, path: String, query: [QueryItem], authority: String?) {
        self.path = path
        self.rawPath = rawPath
        self.query = query
        self.authority = authority
    }

    private static func queryItems(_ bytes: Span<UInt8>) throws(MessageError) -> [QueryItem] {
        for index in bytes.indices where !ByteSet.query.contains(bytes[index]) {
            throw MessageError(.badRequest, "the query has a byte that must be escaped")
        }
        var items: [QueryItem] = []
        for item in String(bytes).utf8.split(separator: UInt8(ascii: "&")) {
            let equals = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
            let name = try percentDecoded(item[..<equals], inQuery: true)
            let value = try percentDecoded(item[equals...].dropFirst(), inQuery: true)
            items.append((name, value))
        }
        return items
    }
}

/// Decodes "%41" and, in a query, "+" as a space (WHATWG URL, application/x-www-form-urlencoded).
private func percentDecoded(
    _ text: some Collection<UInt8>, inQuery: Bool
) throws(MessageError) -> String {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%") {
            guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else {
                throw MessageError(
                    .badRequest, "a % in the target is not followed by two hex digits")
            }
            decoded.append(UInt8(high << 4 | low))
        } else {
            decoded.append(inQuery && byte == UInt8(ascii: "+") ? .space : byte)
        }
    }
    guard let string = String(validating: decoded, as: UTF8.self) else {
        throw MessageError(.badRequest, "the target is not UTF-8 once decoded")
    }
    guard inQuery || !decoded.contains(0) else {
        throw MessageError(.badRequest, "the target's path holds a NUL")
    }
    return string
}

/// Whether bytes are a host with an optional port (RFC 9110 §7.2); none at all are.
func isHost(_ bytes: Span<UInt8>) -> Bool {
    var end = 0
    if bytes.count > 0, bytes[0] == UInt8(ascii: "[") {
        end = 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "]") { end += 1 }
        guard end < bytes.count, isAddress(bytes.extracting(1..<end)) else { return false }
        end += 1
    } else {
        while end < bytes.count, bytes[end] != .colon {
            if ByteSet.registeredName.contains(bytes[end]) {
                end += 1
            } else if bytes[end] == UInt8(ascii: "%"), end + 2 < bytes.count,
                bytes[end + 1].hexDigit != nil, bytes[end + 2].hexDigit != nil
            {
                end += 3
            } else {
                return false
            }
        }
    }
    guard end < bytes.count else { return true }
    guard bytes[end] == .colon, bytes.count - end <= 6 else { return false }
    for index in end + 1..<bytes.count where bytes[index].digit == nil { return false }
    return true
}

/// Whether bytes are what may stand in brackets: IPv6address or IPvFuture (RFC 3986 §3.2.2).
private func isAddress(_ bytes: Span<UInt8>) -> Bool {
    if bytes.count > 0, bytes[0].lowercased == UInt8(ascii: "v") { return isFutureAddress(bytes) }
    for index in bytes.indices where !ByteSet.addressIPv6.contains(bytes[index]) { return false }
    var address = in6_addr()
    return inet_pton(AF_INET6, String(bytes), &address) == 1
}

/// Whether bytes that begin with "v" are "v" 1*HEXDIG "." 1*(unreserved / sub-delims / ":").
private func isFutureAddress(_ bytes: Span<UInt8>) -> Bool {
    var dot = 1
    while dot < bytes.count, bytes[dot].hexDigit != nil { dot += 1 }
    guard dot > 1, dot + 1 < bytes.count, bytes[dot] == UInt8(ascii: ".") else { return false }
    for index in dot + 1..<bytes.count
    where bytes[index] != .colon && !ByteSet.registeredName.contains(bytes[index]) { return false }
    return true
}
