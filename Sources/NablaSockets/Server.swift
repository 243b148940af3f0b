import Dispatch
import Synchronization

/// An HTTP server: listeners and loops, from start to graceful stop.
public final class Server: Sendable {
    private enum Stage { case new, running([Mailbox]), stopped }

    private let services: LoopServices
    private let stage = Mutex(Stage.new)
    private let loops = DispatchGroup()
    private let cut = Atomic<Int>(0)

    /// Makes a server that is still to be started.
    ///
    /// - Parameters:
    ///   - configuration: How it listens, and how much it lets its clients have.
    ///   - handler: What answers requests.
    ///   - onEvent: Is told what happens, on the loops' threads; must be quick.
    public init(
        configuration: ServerConfiguration, handler: any RequestHandler,
        onEvent: @escaping @Sendable (ServerEvent) -> Void = { _ in }
    ) {
        services = LoopServices(configuration: configuration, handler: handler, onEvent: onEvent)
    }

    /// Begins to serve; returns at once.
    ///
    /// The server runs until it is shut down, whether or not anybody holds on to it.
    ///
    /// - Parameter listeners: Where clients connect to, if that was made before; otherwise it is made now.
    /// - Returns: The addresses, with the ports that the system chose.
    /// - Throws: `ServerError` when an address can't be had; nothing listens then.
    @discardableResult
    public func start(_ listeners: Listeners? = nil) throws(ServerError) -> [ListenAddress] {
        let configuration = services.configuration
        return try stage.withLock { stage throws(ServerError) in
            guard case .new = stage else {
                throw .cannotStart("a server starts once; make another one")
            }
            let listeners = if let listeners { listeners } else { try Listeners(configuration) }
            var mailboxes: [Mailbox] = []
            var polls: [Socket] = []
            for _ in 0..<configuration.loops {
                mailboxes.append(try Mailbox(services))
                polls.append(try Poller.open())
            }
            mailboxes[0].post(.listen(listeners.all))
            for index in mailboxes.indices { run(index, mailboxes, polls[index]) }
            stage = .running(mailboxes)
            return listeners.addresses
        }
    }

    /// Stops accepting, lets what was begun end, then closes; blocks until that is done.
    ///
    /// Idle connections are closed at once and open streams are ended, so whoever writes them sends
    /// its last event before. Must not be called from within a handler's `handle`.
    ///
    /// - Parameter time: How long requests may still take; what isn't done then is cut.
    /// - Returns: Whether everything ended by itself.
    @discardableResult
    public func shutDown(within time: Duration) -> Bool {
        let mailboxes = stage.withLock { stage -> [Mailbox] in
            guard case .running(let mailboxes) = stage else { return [] }
            stage = .stopped
            return mailboxes
        }
        let deadline = LoopClock.now + time
        for mailbox in mailboxes { mailbox.post(.drain(deadline: deadline)) }
        loops.wait()
        return cut.load(ordering: .acquiring) == 0
    }

    private func run(_ index: Int, _ mailboxes: [Mailbox], _ poll: Socket) {
        DispatchQueue(label: "nabla.loop.\(index)", qos: .userInitiated).async(group: loops) {
            var loop = EventLoop(mailboxes[index], poller: Poller(poll), mailboxes: mailboxes)
            self.cut.add(loop.run(), ordering: .releasing)
        }
    }
}
