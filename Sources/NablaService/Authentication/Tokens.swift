import Glibc
public import NablaAPI
import NablaStore

/// What is known of a token; its text is told once, when it is made.
public struct Token: Sendable, Equatable {
    /// What it is called.
    public let name: String
    /// What it allows.
    public let scopes: Set<Scope>
    /// When it was made.
    public let createdAt: Timestamp
    /// From when on it is good for nothing; nil for never.
    public let expiresAt: Timestamp?
    /// When it was used last, to the minute; nil for never.
    public let lastUsedAt: Timestamp?
    /// When it was revoked; nil while it is in force.
    public let revokedAt: Timestamp?

    init(_ record: TokenRecord) {
        name = record.name
        scopes = Set(record.scopes.map(Scope.init))
        createdAt = Timestamp(milliseconds: record.createdAt)
        expiresAt = record.expiresAt.map(Timestamp.init(milliseconds:))
        lastUsedAt = record.lastUsedAt.map(Timestamp.init(milliseconds:))
        revokedAt = record.revokedAt.map(Timestamp.init(milliseconds:))
    }

    /// Whether it lets its holder in at that time.
    public func isGood(at time: Timestamp) -> Bool {
        revokedAt == nil && expiresAt.map { time < $0 } ?? true
    }
}

/// The tokens of a data folder, whether or not a service runs on it.
///
/// A service that does sees what is changed here within a second.
public final class Tokens: Sendable {
    private let store: Store

    /// Opens the folder.
    ///
    /// - Parameters:
    ///   - dataDirectory: The folder.
    ///   - isMade: Whether it is made with an empty database where it is missing; true by default.
    /// - Throws: `StartError` that says what to do, as every call here does.
    public init(dataDirectory: String, makingIt isMade: Bool = true) throws(StartError) {
        guard isMade || Tokens.hasDatabase(dataDirectory) else {
            throw StartError(
                "there is no database \(StartError.database(in: dataDirectory)): name its folder with "
                    + "--data, or make one with `nabla token create` or `nabla serve`", .noInput)
        }
        store = try StartError.openStore(in: dataDirectory)
    }

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - name: What it is called: 1 to 64 letters, digits, `.`, `_` and `-`.
    ///   - scopes: What it allows; at least one.
    ///   - seconds: How long it is good; nil for ever.
    /// - Returns: Its text, which nobody can find out later.
    /// - Throws: `StartError`, also where a token in force has the name.
    public func create(
        name: String, scopes: Set<Scope>, seconds: Int? = nil
    ) throws(StartError) -> String {
        guard Tokens.isName(name) else {
            throw StartError(
                "a token's name must be 1 to 64 letters, digits, points, underscores and hyphens",
                .refused)
        }
        let text = TokenText.draw()
        let now = Timestamp.now.milliseconds
        let record = TokenRecord(
            name: name, digest: TokenDigest(of: text).bytes,
            scopes: Set(scopes.map(TokenRecord.Scope.init)), createdAt: now,
            expiresAt: seconds.map { now + Int64($0) * 1000 })
        try StartError.storing { () throws(StoreError) in try store.insert(record) }
        return text
    }

    /// Every token there has been, oldest first.
    public func list() throws(StartError) -> [Token] {
        try StartError.storing { () throws(StoreError) in try store.tokens() }.map(Token.init)
    }

    /// Takes the token of that name out of force.
    ///
    /// - Returns: Whether there was one in force.
    public func revoke(name: String) throws(StartError) -> Bool {
        try StartError.storing { () throws(StoreError) in
            try store.revokeToken(named: name, at: Timestamp.now.milliseconds)
        }
    }

    /// Closes the database; the last call.
    public func close() throws(StartError) {
        try StartError.storing { () throws(StoreError) in try store.close() }
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(\.isPlain)
    }

    private static func hasDatabase(_ directory: String) -> Bool {
        access(StartError.database(in: directory), F_OK) == 0
    }

    /// Whether a folder has a token that lets its holder in now; makes nothing there.
    static func exist(in directory: String) throws(StartError) -> Bool {
        guard hasDatabase(directory) else { return false }
        let tokens = try Tokens(dataDirectory: directory)
        let found = try tokens.list()
        try tokens.close()
        return found.contains { $0.isGood(at: .now) }
    }
}
