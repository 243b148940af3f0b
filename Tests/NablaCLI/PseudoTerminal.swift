import Foundation
import Glibc

/// A terminal that no one looks at: what a program writes to it can be read.
final class PseudoTerminal {
    /// The path of the end that a program writes to.
    let path: String
    private let descriptor: Int32
    /// TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h.
    private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

    /// Makes one with lines of so many columns.
    ///
    /// - Throws: `TestFailure` when the system has none.
    init(columns: UInt16) throws {
        // What posix_openpt, unlockpt and ptsname do, which Swift's Glibc lacks (Linux, pts(4)).
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
        var (isLocked, number): (Int32, Int32) = (0, 0)
        guard descriptor >= 0, ioctl(descriptor, PseudoTerminal.setLock, &isLocked) == 0,
            ioctl(descriptor, PseudoTerminal.getNumber, &number) == 0
        else {
            throw TestFailure("there is no pseudo-terminal: \(String(cString: strerror(errno)))")
        }
        path = "/dev/pts/\(number)"
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0 else {
            throw TestFailure("the pseudo-terminal takes no size")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Everything that a program writes until it ends.
    func output(of program: Program) throws -> String {
        var output: [UInt8] = []
        try waitUntil("the program on the terminal to end") {
            let hasEnded = program.hasEnded
            while let piece = piece() { output += piece }
            return hasEnded
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// What can be read now, or nil for nothing.
    private func piece() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : nil
    }
}
