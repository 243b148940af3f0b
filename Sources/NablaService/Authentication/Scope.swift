import NablaStore

/// What a token allows its holder; neither scope contains the other.
public enum Scope: String, Sendable, CaseIterable {
    /// Calls that change nothing: every GET, and computations that leave nothing behind.
    case read
    /// Calls that begin, change or end something.
    case write
}

extension Scope {
    init(_ scope: TokenRecord.Scope) {
        self =
            switch scope {
            case .read: .read
            case .write: .write
            }
    }
}

extension TokenRecord.Scope {
    init(_ scope: Scope) {
        self =
            switch scope {
            case .read: .read
            case .write: .write
            }
    }
}
