import CCurl
import CEpoll

/// A curl multi handle: all transfers of a client, over connections that it keeps open between them.
///
/// Nothing of it waits: which sockets are to be waited for it tells its `SocketWatch`, so that one thread can
/// begin a transfer while another one waits.
/// - Note: Safe to hand from thread to thread, since libcurl asks only that one thread at a time uses it,
///   and the engine's lock is held whenever one does.
final class MultiHandle: @unchecked Sendable {
    private let raw: UnsafeMutableRawPointer
    private let sockets: SocketWatch

    /// Makes a handle, or nil when there is no memory for it or no libcurl.
    init?(_ sockets: SocketWatch) {
        guard Curl.failure == nil, let raw = nabla_curl_multi_init() else { return nil }
        self.raw = raw
        self.sockets = sockets
        let context = Unmanaged.passUnretained(sockets).toOpaque()
        nabla_curl_multi_set_callback(
            raw,
            { _, socket, what, context, _ in
                guard let context else { return 0 }
                let sockets = Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue()
                switch what {
                case CURL_POLL_IN: sockets.set(socket, to: EPOLLIN.rawValue)
                case CURL_POLL_OUT: sockets.set(socket, to: EPOLLOUT.rawValue)
                case CURL_POLL_INOUT:
                    sockets.set(socket, to: EPOLLIN.rawValue | EPOLLOUT.rawValue)
                default: sockets.forget(socket)
                }
                return 0
            }, context)
    }

    deinit {
        nabla_curl_multi_cleanup(raw)
    }

    func add(_ handle: EasyHandle) { nabla_curl_multi_add(raw, handle.raw) }

    func remove(_ handle: EasyHandle) { nabla_curl_multi_remove(raw, handle.raw) }

    /// Goes on with transfers whose sockets are ready.
    func act(on events: ArraySlice<epoll_event>) {
        var count: Int32 = 0
        for event in events where !sockets.isAlarm(event.data.fd) {
            let broken = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
            let receives = broken || event.events & EPOLLIN.rawValue != 0
            let sends = event.events & EPOLLOUT.rawValue != 0
            nabla_curl_multi_act(
                raw, event.data.fd,
                (receives ? CURL_CSELECT_IN : 0) | (sends ? CURL_CSELECT_OUT : 0)
                    | (broken ? CURL_CSELECT_ERR : 0), &count)
        }
    }

    /// Goes on with transfers that were added, or whose time has come.
    func actOnTime() {
        var count: Int32 = 0
        // What is due may make something else due at once; whoever waits next sees to the rest.
        for _ in 0..<8 where milliseconds == 0 {
            nabla_curl_multi_act(raw, CURL_SOCKET_TIMEOUT, 0, &count)
        }
    }

    /// In how many milliseconds there is something to do, if nothing happens before; nil for nothing.
    var milliseconds: Int? {
        var left = -1
        nabla_curl_multi_timeout(raw, &left)
        return left < 0 ? nil : left
    }

    /// A handle whose transfer has ended, and how.
    func nextFinished() -> (UnsafeMutableRawPointer, CURLcode)? {
        var result = CURLE_OK
        guard let handle = nabla_curl_finished(raw, &result) else { return nil }
        return (handle, result)
    }
}
