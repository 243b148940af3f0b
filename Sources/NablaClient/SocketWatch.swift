import CEpoll
import Glibc

/// The sockets of a client, for whichever thread waits until something happens to them.
final class SocketWatch: Sendable {
    private let epoll: Int32
    /// An eventfd: readable once the waiting thread is to look at what changed.
    private let alarm: Int32

    /// Opens what is waited on; nil when the system has no room for it.
    init?() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        alarm = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard epoll >= 0, alarm >= 0 else { return nil }
        set(alarm, to: EPOLLIN.rawValue)
    }

    deinit {
        // Opening them may have failed, and then this is a bad number, which close refuses.
        close(epoll)
        close(alarm)
    }

    /// Waits for these events of a socket, whether or not it waited for others before.
    func set(_ socket: Int32, to events: UInt32) {
        var event = epoll_event(events: events, data: epoll_data_t(fd: socket))
        if epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0 {
            epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event)
        }
    }

    /// Waits for nothing of a socket any more.
    func forget(_ socket: Int32) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
    }

    /// Waits until something happens.
    ///
    /// - Parameters:
    ///   - milliseconds: For how long at most; -1 for any time.
    ///   - events: Gets what happened.
    /// - Returns: How many events there are.
    func wait(milliseconds: Int, for events: inout [epoll_event]) -> Int {
        let timeout = Int32(clamping: milliseconds)
        return max(Int(epoll_wait(epoll, &events, Int32(events.count), timeout)), 0)
    }

    /// Ends the wait of a thread, or the next one if none waits.
    func wake() {
        eventfd_write(alarm, 1)
    }

    /// Takes note of having been woken.
    ///
    /// - Returns: Whether the socket of an event is the one that wakes.
    func isAlarm(_ socket: Int32) -> Bool {
        guard socket == alarm else { return false }
        var count: eventfd_t = 0
        eventfd_read(alarm, &count)
        return true
    }
}
