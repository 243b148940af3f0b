/// A token that lets its holder call the service, as the store keeps it: never the token itself.
public struct TokenRecord: Sendable, Equatable {
    /// What a token allows.
    public enum Scope: String, Sendable, CaseIterable {
        /// Calls that change nothing.
        case read
        /// Calls that begin, change or end something.
        case write
    }

    /// What it is called; no two tokens that are in force have the same name.
    public let name: String
    /// The SHA-256 of the token's text: 32 bytes.
    public let digest: [UInt8]
    /// What it allows; at least one.
    public let scopes: Set<Scope>
    /// When it was made, in milliseconds since 1970 UTC.
    public let createdAt: Int64
    /// From when on it is good for nothing, in milliseconds since 1970 UTC; nil for never.
    public let expiresAt: Int64?
    /// When it was used last, in milliseconds since 1970 UTC; see `Store.noteUses(_:)`.
    public internal(set) var lastUsedAt: Int64?
    /// When it was revoked, in milliseconds since 1970 UTC; nil while it is in force.
    public internal(set) var revokedAt: Int64?

    /// Describes a token that nobody has used yet.
    public init(
        name: String, digest: [UInt8], scopes: Set<Scope>, createdAt: Int64,
        expiresAt: Int64? = nil
    ) {
        self.name = name
        self.digest = digest
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
