import CMalloc

/// Memory that is freed and kept by the process for what comes next.
///
/// Giving it back to the system and getting it anew costs a page fault for every 4 KiB: with glibc's
/// defaults a request of 6 MB was measured to take half as long again.
enum FreedMemory {
    /// The largest piece that glibc can be told to keep: half of what an arena of a thread may be.
    private static let largestPiece = 32 << 20

    /// Keeps up to that many bytes at the end of each heap, instead of 128 KiB.
    static func keep(_ bytes: Int) {
        // Larger pieces are mapped, and given back as soon as they are freed.
        _ = mallopt(M_MMAP_THRESHOLD, Int32(clamping: min(max(bytes, 128 << 10), largestPiece)))
        _ = mallopt(M_TRIM_THRESHOLD, Int32(clamping: bytes))
    }
}
