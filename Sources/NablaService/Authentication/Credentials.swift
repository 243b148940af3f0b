import NablaHTTP

/// What the field Authorization of a request says (RFC 9110, section 11.6.2).
enum Credentials: Equatable {
    /// Nothing.
    case none
    /// A token.
    case token(String)
    /// What is no token, or more than one field.
    case unreadable

    /// Reads `Bearer TOKEN` (RFC 6750, section 2.1); the scheme's case doesn't matter.
    init(_ fields: Fields) {
        guard let value = fields["authorization"] else {
            self = .none
            return
        }
        let scheme = "bearer "
        guard value.utf8.count > scheme.utf8.count,
            zip(value.utf8, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 }),
            // Two fields would let a proxy and this service read different ones.
            fields.values(of: "authorization").count == 1
        else {
            self = .unreadable
            return
        }
        let token = value.utf8.dropFirst(scheme.utf8.count).drop { $0 == UInt8(ascii: " ") }
        self = .token(String(decoding: token, as: UTF8.self))
    }
}
