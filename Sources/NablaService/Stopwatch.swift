import Glibc

/// Clocks that durations are taken with, in seconds since some fixed moment.
enum Stopwatch {
    /// The time that passes.
    static func now() -> Double { seconds(of: CLOCK_MONOTONIC) }

    /// The time that the calling thread has had a processor: what others do meanwhile isn't in it.
    static func ofThread() -> Double { seconds(of: CLOCK_THREAD_CPUTIME_ID) }

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
