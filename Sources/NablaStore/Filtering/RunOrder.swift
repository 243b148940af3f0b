/// The order that runs are wanted in.
///
/// Equals come in the same direction by age; runs that have nothing of what orders them come last,
/// newest first.
public struct RunOrder: Sendable, Equatable {
    /// What orders them.
    public let field: RunField
    /// Whether the largest comes first.
    public let descending: Bool

    /// The newest first.
    public static let newestFirst = RunOrder(.attribute(.createdAt), descending: true)

    /// Makes an order.
    public init(_ field: RunField, descending: Bool = false) {
        self.field = field
        self.descending = descending
    }

    /// Reads an order: a field, and `ASC` (the default) or `DESC`.
    ///
    /// - Throws: `RunFilterError` that says what is wrong, and where.
    public init(parsing text: String) throws(RunFilterError) {
        var scanner = try FilterScanner(text)
        field = try scanner.field()
        descending = try scanner.skip("DESC")
        if !descending { _ = try scanner.skip("ASC") }
        guard scanner.next == .end else { throw scanner.expected("ASC, DESC or the end") }
    }

    /// Whether it is by age alone, which every run has.
    var isByAge: Bool { field == .attribute(.createdAt) }
}
