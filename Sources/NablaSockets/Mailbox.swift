import CEpoll
import Glibc
import NablaHTTP
import Synchronization

/// What other threads tell a loop.
enum Letter: Sendable {
    /// Accept from these, which are closed when the loop lets go of them.
    case listen([Listener])
    /// An exchange has something to send, or a body's sink has room again.
    case look(Token)
    /// A client connected.
    case adopt(Socket)
    /// End what was begun, and everything at the deadline.
    case drain(deadline: ConnectionLife.Instant)
}

/// Letters for one loop, and the descriptor that wakes it.
final class Mailbox: Sendable {
    /// What the loop shares with the others: here, so that an exchange holds on to one object.
    let services: LoopServices
    private let letters = Mutex<[Letter]>([])
    /// An eventfd: readable once something was posted.
    let wake: Socket

    init(_ services: LoopServices) throws(ServerError) {
        self.services = services
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .system(call: "eventfd", errno: errno) }
        wake = Socket(descriptor)
    }

    func post(_ letter: Letter) {
        let isFirst = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        // The loop watches for edges and takes all letters at once: one write is enough for many.
        if isFirst { _ = eventfd_write(wake.descriptor, 1) }
    }

    func takeAll() -> [Letter] {
        letters.withLock { letters in
            guard !letters.isEmpty else { return [] }
            var taken: [Letter] = []
            swap(&taken, &letters)
            return taken
        }
    }
}
