import Glibc
import Synchronization

/// A stream that the program has from its start, and what could not be written to it.
///
/// Nothing is kept back, so whoever reads a pipe gets each text when it is printed.
final class StandardStream: Sendable {
    /// What is asked for: nothing follows what was lost, so that what can be read has no gap.
    static let output = StandardStream(STDOUT_FILENO, mayHaveGaps: false)
    /// What else there is to tell, the log above all: it goes on when there is room again.
    static let errors = StandardStream(STDERR_FILENO, mayHaveGaps: true)

    private let descriptor: Int32
    private let mayHaveGaps: Bool
    private let firstError = Mutex<Int32>(0)

    init(_ descriptor: Int32, mayHaveGaps: Bool) {
        self.descriptor = descriptor
        self.mayHaveGaps = mayHaveGaps
    }

    /// Why something printed here was lost, by its number in errno.h; nil while nothing was.
    var failure: Int32? {
        let number = firstError.withLock { $0 }
        return number == 0 ? nil : number
    }

    /// Writes all bytes; what can't be written is lost.
    func write(_ bytes: [UInt8]) {
        firstError.withLock { first in
            guard first == 0 || mayHaveGaps else { return }
            guard let number = writeAll(bytes, to: descriptor), first == 0 else { return }
            first = number
        }
    }

    /// Has writing fail where it can't be done, and do nothing else; the first call of the program.
    static func prepare() {
        // By default, a reader that has gone away ends the process, and so does a limit on files' sizes.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        // The first files that are opened would take the numbers of streams that were closed, and what is
        // printed would go into them. Nothing can be written to what is open for reading.
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDONLY)
        }
    }
}

/// Writes all bytes to a descriptor.
///
/// - Returns: What kept them from being written, by its number in errno.h; nil when nothing did.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { bytes in
        var done = 0
        while let start = bytes.baseAddress, done < bytes.count {
            let count = write(descriptor, start + done, bytes.count - done)
            if count >= 0 {
                done += count
            } else if errno == EAGAIN {
                // Another program has set a terminal or pipe so that it doesn't wait.
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
