import Dispatch
import NablaAPI
import NablaStore

/// Deletes ended runs that are too old or too many, as the settings say.
final class Retention: Sendable {
    private static let interval = DispatchTimeInterval.seconds(60)

    /// Runs deleted in one transaction: others wait for it.
    private static let batch = 16

    private let settings: RetentionSettings
    private let store: Store
    private let onEvent: @Sendable (ServiceEvent) -> Void
    private let queue = DispatchQueue(label: "nabla.retention", qos: .utility)
    private let isStopped = Flag()

    /// Gives nil where every run is kept.
    init?(
        _ settings: RetentionSettings, of store: Store,
        onEvent: @escaping @Sendable (ServiceEvent) -> Void
    ) {
        guard settings.days > 0 || settings.runs > 0 else { return nil }
        self.settings = settings
        self.store = store
        self.onEvent = onEvent
    }

    /// Begins to delete, at once and then every minute.
    func start() {
        queue.async { self.sweepAgainAndAgain() }
    }

    /// Ends that.
    func stop() {
        isStopped.raise()
        queue.sync {}
    }

    /// Deletes what is due by that time.
    func sweep(at now: Timestamp) {
        let age = Int64(settings.days) * 86_400_000
        do throws(StoreError) {
            while !isStopped.isRaised {
                let ids = try store.deleteEnded(
                    before: age > 0 ? now.milliseconds - age : nil,
                    beyond: settings.runs > 0 ? settings.runs : nil, atMost: Retention.batch)
                for id in ids { onEvent(.runDeleted(id: id)) }
                guard ids.count == Retention.batch else { return }
            }
        } catch {
            onEvent(.failure(requestID: nil, detail: "old runs are kept: \(error.detail)"))
        }
    }

    private func sweepAgainAndAgain() {
        guard !isStopped.isRaised else { return }
        sweep(at: .now)
        queue.asyncAfter(deadline: .now() + Retention.interval) { self.sweepAgainAndAgain() }
    }
}
