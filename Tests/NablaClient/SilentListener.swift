import Dispatch
import Glibc

/// A server that takes connections, and says nothing or one thing.
final class SilentListener {
    let port: UInt16
    private let descriptor: Int32

    init(answer: String? = nil) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (bound, named) = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                (bind(descriptor, generic, length), getsockname(descriptor, generic, &length))
            }
        }
        guard bound == 0, named == 0, listen(descriptor, 16) == 0 else { throw CannotListen() }
        port = UInt16(bigEndian: address.sin_port)
        guard let answer else { return }
        DispatchQueue.global().async {
            let connection = accept(descriptor, nil, nil)
            var request = [UInt8](repeating: 0, count: 4096)
            recv(connection, &request, request.count, 0)
            send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
            close(connection)
        }
    }

    deinit {
        close(descriptor)
    }

    struct CannotListen: Error {}
}
