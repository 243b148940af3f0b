import NablaAPI
import NablaService

/// Tokens as a table for people, a row a token.
struct TokenTable {
    private let tokens: [Token]
    private let now: Timestamp

    init(_ tokens: [Token], at now: Timestamp) {
        self.tokens = tokens
        self.now = now
    }

    /// The table.
    var text: String {
        var table = Table(["NAME", "SCOPE", "STATE", "CREATED", "EXPIRES", "LAST USED"])
        for token in tokens {
            let scopes = Scope.allCases.filter(token.scopes.contains).map(\.rawValue)
            table.add([
                token.name, scopes.joined(separator: ","), state(of: token),
                minute(token.createdAt), token.expiresAt.map(minute) ?? "never",
                token.lastUsedAt.map(minute) ?? "never",
            ])
        }
        return table.text
    }

    private func state(of token: Token) -> String {
        guard token.revokedAt == nil else { return "revoked" }
        return token.isGood(at: now) ? "good" : "expired"
    }
}
