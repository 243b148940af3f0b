import Foundation
import Glibc

/// The signals that ask the program to end: SIGTERM and SIGINT.
struct StopSignals {
    /// What the handler of the signals writes to, and where each is read.
    private static let pipe: (reading: Int32, writing: Int32) = {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return (-1, -1) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }()

    /// From now on none is lost, whoever listens later.
    ///
    /// Without a descriptor left for it, they end the program at once, as they do by default.
    init() {
        guard Self.pipe.writing >= 0 else { return }
        for number in [SIGTERM, SIGINT] {
            // A source of Dispatch begins to listen a millisecond later, on a thread of its own.
            signal(number) { _ in
                let error = errno
                var byte: UInt8 = 0
                _ = write(StopSignals.pipe.writing, &byte, 1)
                errno = error
            }
        }
    }

    /// Gives each of them, by a thread that waits for them as long as the program runs; for one listener, who calls
    /// it once.
    func listen() -> AsyncStream<Void> {
        AsyncStream { continuation in
            let thread = Thread {
                var byte: UInt8 = 0
                while read(Self.pipe.reading, &byte, 1) == 1 { continuation.yield() }
            }
            thread.name = "nabla.signals"
            thread.start()
        }
    }

    /// Waits for the first of them.
    func wait() async {
        for await _ in listen() { return }
    }
}
