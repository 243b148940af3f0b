import Synchronization

/// A number of things that may exist at a time, counted across threads.
final class Allowance: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes one, if there is one left.
    func claim() -> Bool {
        guard used.add(1, ordering: .relaxed).newValue <= limit else {
            release()
            return false
        }
        return true
    }

    /// Gives one back.
    func release() {
        used.subtract(1, ordering: .relaxed)
    }
}
