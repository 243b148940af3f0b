import Synchronization

/// What runs spend their time with, summed over all of them since the start.
final class TrainingTime: Sendable {
    private let slices = Atomic<UInt64>(0)
    private let storage = Atomic<UInt64>(0)

    /// Seconds that slices took, and seconds that went to storage: of the threads that train, to hand
    /// epochs over and to copy networks for checkpoints, and between slices, to wait while the database was
    /// behind.
    var seconds: (slices: Double, storage: Double) {
        (
            Double(slices.load(ordering: .relaxed)) * 1e-9,
            Double(storage.load(ordering: .relaxed)) * 1e-9
        )
    }

    /// Adds the seconds of a slice.
    func add(slice seconds: Double) {
        slices.add(UInt64(max(0, seconds) * 1e9), ordering: .relaxed)
    }

    /// Adds the seconds that went to storage.
    func add(storage seconds: Double) {
        storage.add(UInt64(max(0, seconds) * 1e9), ordering: .relaxed)
    }
}
