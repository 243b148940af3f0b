import CMalloc
import Dispatch

/// Memory that is freed and kept by the process for what comes next.
///
/// Giving it back to the system and getting it anew costs a page fault for every 4 KiB: with glibc's
/// defaults a request of 6 MB was measured to take half as long again.
package enum FreedMemory {
    /// The largest piece that glibc can be told to keep: half of what an arena of a thread may be.
    private static let largestPiece = 32 << 20

    /// Keeps up to that many bytes at the end of each heap, instead of 128 KiB.
    package static func keep(_ bytes: Int) {
        // Larger pieces are mapped, and given back as soon as they are freed.
        _ = mallopt(M_MMAP_THRESHOLD, Int32(clamping: min(max(bytes, 128 << 10), largestPiece)))
        _ = mallopt(M_TRIM_THRESHOLD, Int32(clamping: bytes))
    }

    /// Gives back now and then what lies free within the heaps, where that is much.
    ///
    /// glibc gives back the ends of its heaps alone: one small piece behind a gigabyte of bodies
    /// that are long gone would keep that.
    ///
    /// - Parameters:
    ///   - bytes: What is kept, as `keep` was told.
    ///   - isOver: Whether the process is about to end.
    static func giveBack(beyond bytes: Int, until isOver: @escaping @Sendable () -> Bool) {
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + period) {
            guard !isOver() else { return }
            let heaps = mallinfo2()
            let used = Int(heaps.uordblks) + Int(heaps.hblkhd)
            if ProcessUsage.residentBytes > used + 2 * bytes + beside { malloc_trim(0) }
            giveBack(beyond: bytes, until: isOver)
        }
    }

    private static let period = DispatchTimeInterval.seconds(5)
    /// What is resident beside the heaps: the program and its libraries.
    private static let beside = 64 << 20
}
