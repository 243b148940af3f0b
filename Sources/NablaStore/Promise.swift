import Dispatch
import Synchronization

/// A value that one thread finds and that others wait for.
final class Promise<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    /// Gives the value to all who wait for it; the first one counts.
    func keep(_ value: Value) {
        let isFirst = kept.withLock { kept in
            defer { kept = kept ?? value }
            return kept == nil
        }
        if isFirst { isThere.signal() }
    }

    /// Whether the value is there.
    var isKept: Bool { kept.withLock { $0 != nil } }

    /// The value; waits for it.
    var value: Value {
        while true {
            if let value = kept.withLock({ $0 }) { return value }
            isThere.wait()
            // Whoever else waits is woken by the one before.
            isThere.signal()
        }
    }
}
