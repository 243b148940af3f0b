import NablaHTTP

/// What the field Authorization of a request says (RFC 9110, section 11.6.2).
enum Credentials: Equatable {
    /// Nothing.
    case none
    /// A token.
    case token(Substring)
    /// What is no token, or more than one field.
    case unreadable

    /// Reads `Bearer TOKEN` (RFC 6750, section 2.1); the scheme's case doesn't matter.
    init(_ fields: Fields) {
        let values = fields.values(of: "authorization")
        guard let value = values.first else {
            self = .none
            return
        }
        let scheme = "bearer "
        // Two fields would let a proxy and this service read different ones.
        guard values.count == 1, value.utf8.count > scheme.utf8.count,
            zip(value.utf8, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 })
        else {
            self = .unreadable
            return
        }
        self = .token(value.dropFirst(scheme.utf8.count).drop { $0 == " " })
    }
}
