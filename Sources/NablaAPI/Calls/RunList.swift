import NablaJSON

/// A page of the history, newest first: the answer of `GET /runs`.
public struct RunList: Sendable, Equatable {
    /// The runs of this page.
    public let runs: [Run]
    /// What to ask for as `cursor` to get the next page; nil on the last.
    public let nextCursor: String?

    /// Makes a page.
    public init(runs: [Run], nextCursor: String?) {
        self.runs = runs
        self.nextCursor = nextCursor
    }

    /// The page as the body of a message.
    public func json() -> [UInt8] {
        ListPage.json(of: runs, as: "runs", nextCursor: nextCursor) { $0.write(to: &$1) }
    }

    /// Reads a page that a server answered with.
    ///
    /// - Throws: `Problem` when it isn't one.
    public init(parsing body: [UInt8]) throws(Problem) {
        (runs, nextCursor) = try ListPage.read(body, as: "runs") { try Run(reading: $0) }
    }
}
