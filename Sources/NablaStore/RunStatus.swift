/// Where a run stands.
///
/// The arrows, which the store enforces: queued → running → one of the ended four; and
/// queued → failed, cancelled or interrupted. An ended run is queued again when it is taken up again
/// (`Store.requeue`); nothing else leaves an ended status.
public enum RunStatus: String, Sendable, CaseIterable {
    /// Waits for a worker.
    case queued
    /// Is being trained.
    case running
    /// Did all its epochs, or stopped early as its request said.
    case succeeded
    /// Met an error, which the run's `error` describes.
    case failed
    /// Was stopped by a caller.
    case cancelled
    /// Was cut off by the end of the process.
    case interrupted

    /// Whether the run is over: no worker is on it, nor will one take it up.
    public var isEnded: Bool {
        self != .queued && self != .running
    }

    /// Whether a run of the status `earlier` may take this one.
    func canFollow(_ earlier: RunStatus) -> Bool {
        switch self {
        case .queued: false
        case .running: earlier == .queued
        case .succeeded: earlier == .running
        case .failed, .cancelled, .interrupted: !earlier.isEnded
        }
    }
}
