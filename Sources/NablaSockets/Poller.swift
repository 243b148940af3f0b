import CEpoll
import Glibc

/// The descriptors one loop watches.
struct Poller: ~Copyable {
    /// What happened to a descriptor.
    struct Readiness: OptionSet {
        let rawValue: UInt32

        static var receive: Readiness { Readiness(rawValue: EPOLLIN.rawValue) }
        static var send: Readiness { Readiness(rawValue: EPOLLOUT.rawValue) }
        /// The peer has shut its sending side.
        static var peerFinished: Readiness { Readiness(rawValue: EPOLLRDHUP.rawValue) }
        /// Both sides are shut, or the connection is broken.
        static var broken: Readiness { Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue) }
    }

    private let epoll: Socket
    private var events = [epoll_event](repeating: epoll_event(), count: 256)

    /// Opens what a poller waits on, apart from it, because this can fail and may be done anywhere.
    static func open() throws(ServerError) -> Socket {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        return Socket(descriptor)
    }

    init(_ epoll: Socket) {
        self.epoll = epoll
    }

    /// Watches for changes: each is told once, so a connection is registered once for its whole
    /// life.
    ///
    /// - Returns: False when the system has no room for it.
    func watchEdges(_ socket: Socket, _ token: Token) -> Bool {
        let wanted: Readiness = [.receive, .send, .peerFinished]
        return add(socket, token, wanted.rawValue | EPOLLET.rawValue)
    }

    /// Watches for something to accept: told again until it is taken.
    func watchLevel(_ socket: Socket, _ token: Token) -> Bool {
        add(socket, token, Readiness.receive.rawValue)
    }

    func forget(_ socket: Socket) {
        _ = epoll_ctl(epoll.descriptor, EPOLL_CTL_DEL, socket.descriptor, nil)
    }

    /// Waits until something happens, or for so many milliseconds; -1 for ever.
    ///
    /// - Returns: How many events there are.
    mutating func wait(timeout: Int32) -> Int {
        max(Int(epoll_wait(epoll.descriptor, &events, Int32(events.count), timeout)), 0)
    }

    /// One of the events that the last wait found.
    func event(_ index: Int) -> (token: Token, readiness: Readiness) {
        let event = events[index]
        return (Token(bits: event.data.u64), Readiness(rawValue: event.events))
    }

    private func add(_ socket: Socket, _ token: Token, _ events: UInt32) -> Bool {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token.bits))
        return epoll_ctl(epoll.descriptor, EPOLL_CTL_ADD, socket.descriptor, &event) == 0
    }
}
