import Dispatch
import Synchronization

/// The shards of one computation, taken one by one by whichever workers are free.
///
/// The pool calls `enter` for a worker that takes the batch up, while nobody can withdraw it; so once
/// the batch is withdrawn and `waitForOthers` has returned, no worker is inside or can get inside.
final class ShardBatch: Sendable {
    private struct State {
        var next = 0
        var helpers = 0
    }

    private let count: Int
    // Safe: it points into the frame of the batch's maker, who stays there until `waitForOthers` has
    // returned; and the bodies of different shards touch different memory (see ShardRunner).
    private nonisolated(unsafe) let body: UnsafePointer<@Sendable (Int) -> Void>
    private let giveWay: (@Sendable () -> Void)?
    private let state = Mutex(State())
    private let left = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - count: How many shards there are.
    ///   - body: Computes one of them; stays valid until `waitForOthers` has returned.
    ///   - giveWay: How a nice thread gives way to others.
    init(
        count: Int, body: UnsafePointer<@Sendable (Int) -> Void>,
        giveWay: (@Sendable () -> Void)?
    ) {
        self.count = count
        self.body = body
        self.giveWay = giveWay
    }

    /// Counts a worker in that will call `help`.
    func enter() {
        state.withLock { $0.helpers += 1 }
    }

    /// Computes shards until none is left, as a worker that was counted in.
    func help() {
        runRemaining()
        state.withLock { $0.helpers -= 1 }
        left.signal()
    }

    /// Computes shards until none is left.
    func runRemaining() {
        var turn = Turn(givingWay: giveWay)
        while let index = takeNext() {
            body.pointee(index)
            turn.endIfOver()
        }
    }

    /// Waits until no other worker is inside; called by the maker once the batch is withdrawn.
    func waitForOthers() {
        while state.withLock({ $0.helpers > 0 }) { left.wait() }
    }

    private func takeNext() -> Int? {
        state.withLock { state in
            guard state.next < count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }
}
