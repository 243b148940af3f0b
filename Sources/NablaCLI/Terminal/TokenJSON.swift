import NablaAPI
import NablaJSON
import NablaService

extension Token {
    /// What has become of it: `good`, `revoked` or `expired`.
    func state(at now: Timestamp) -> String {
        guard revokedAt == nil else { return "revoked" }
        return isGood(at: now) ? "good" : "expired"
    }

    /// What it allows, `read` before `write`.
    var scopeNames: [String] { Scope.allCases.filter(scopes.contains).map(\.rawValue) }
}

/// Tokens as JSON, for programs.
enum TokenJSON {
    /// A list of tokens.
    static func list(_ tokens: [Token], at now: Timestamp) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("tokens")
        writer.beginArray()
        for token in tokens { write(token, at: now, text: nil, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }

    /// A token that was just made, with its text.
    static func made(_ token: Token, text: String, at now: Timestamp) -> [UInt8] {
        var writer = JSONWriter()
        write(token, at: now, text: text, to: &writer)
        return writer.finish()
    }

    private static func write(
        _ token: Token, at now: Timestamp, text: String?, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("name")
        writer.string(token.name)
        writer.key("scopes")
        writer.beginArray()
        for scope in token.scopeNames { writer.string(scope) }
        writer.endArray()
        writer.key("state")
        writer.string(token.state(at: now))
        // As in all answers, what there isn't is left out.
        for (name, value) in [
            ("created_at", token.createdAt), ("expires_at", token.expiresAt),
            ("last_used_at", token.lastUsedAt), ("revoked_at", token.revokedAt),
        ] {
            guard let value else { continue }
            writer.key(escaping: name)
            writer.string(value.text)
        }
        if let text {
            writer.key("token")
            writer.string(text)
        }
        writer.endObject()
    }
}
