import Dispatch
import NablaStore

/// Keeps a gate in step with the database, which other processes change: see `Gate.refresh`.
final class TokenWatch: Sendable {
    /// A token that was made or revoked counts within a second.
    private static let interval = DispatchTimeInterval.milliseconds(500)

    private let gate: Gate
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let queue = DispatchQueue(label: "nabla.tokens")
    private let isStopped = Flag()

    init(of gate: Gate, onEvent: @escaping @Sendable (ServiceEvent) -> Void) {
        self.gate = gate
        self.onEvent = onEvent
    }

    /// Begins to look at the database.
    func start() {
        queue.asyncAfter(deadline: .now() + TokenWatch.interval) { [self] in
            guard !isStopped.isRaised else { return }
            refresh()
            start()
        }
    }

    /// Ends that, and notes which tokens were used since.
    func stop() {
        isStopped.raise()
        queue.sync { refresh(isLast: true) }
    }

    private func refresh(isLast: Bool = false) {
        do throws(StoreError) {
            try gate.refresh(isLast: isLast)
        } catch {
            onEvent(
                .failure(
                    requestID: nil,
                    detail: "new and revoked tokens don't count until the database answers: "
                        + error.detail))
        }
    }
}
