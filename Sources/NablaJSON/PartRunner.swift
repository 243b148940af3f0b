/// How the parts of a large text are read or written: one after another, or on many threads.
///
/// What comes of it doesn't depend on that.
public struct PartRunner: Sendable {
    /// How many parts may be under way at once.
    let threads: Int
    private let body: @Sendable (Int, @Sendable (Int) -> Void) -> Void

    /// Makes a runner from a function.
    ///
    /// - Parameters:
    ///   - threads: How many calls of the function's second argument may run at once.
    ///   - run: Calls its second argument with 0, 1, … up to below its first, once each, in any order
    ///     and on any threads, and returns when all calls have returned.
    public init(
        threads: Int, _ run: @escaping @Sendable (Int, @Sendable (Int) -> Void) -> Void
    ) {
        self.threads = threads
        body = run
    }

    /// Runs the parts one after another on the calling thread.
    public static let serial = PartRunner(threads: 1) { count, part in
        for index in 0..<count { part(index) }
    }

    /// Runs `part(0)` … `part(count - 1)`; a single one on the calling thread.
    func run(_ count: Int, _ part: @Sendable (Int) -> Void) {
        if count == 1 { part(0) } else { body(count, part) }
    }
}
