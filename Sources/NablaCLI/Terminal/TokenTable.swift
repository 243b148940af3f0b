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
            table.add([
                token.name, token.scopeNames.joined(separator: ","), token.state(at: now),
                minute(token.createdAt), token.expiresAt.map(minute) ?? "never",
                token.lastUsedAt.map(minute) ?? "never",
            ])
        }
        return table.text
    }
}
