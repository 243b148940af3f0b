import CEpoll
import Glibc

/// An open descriptor, closed when nobody holds it any longer.
final class Socket: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// What a non-blocking call led to.
    enum Transfer {
        /// So many bytes were moved; 0 when receiving means that the peer has finished.
        case bytes(Int)
        /// Nothing can be moved now.
        case blocked
        /// The connection is broken.
        case failed
    }

    func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        transfer { nabla_receive(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Sends two buffers as one; MSG_NOSIGNAL, so that a client's leaving doesn't kill the program.
    func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Transfer {
        guard second.count > 0 else {
            return transfer {
                nabla_send(descriptor, first.baseAddress, first.count, Int32(MSG_NOSIGNAL))
            }
        }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
            // The system only reads through these pointers.
            vectors[0] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress),
                iov_len: first.count)
            vectors[1] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress),
                iov_len: second.count)
            var message = msghdr()
            message.msg_iov = vectors.baseAddress
            message.msg_iovlen = 2
            return transfer { sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL)) }
        }
    }

    func shutDownSending() {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    private func transfer(_ call: () -> Int) -> Transfer {
        while true {
            let count = call()
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .blocked
            default: return .failed
            }
        }
    }
}

/// The system's words for an error number.
func errorText(_ number: Int32) -> String {
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
}
