import Dispatch
import Glibc
import Loopback

/// A server that takes connections, and says nothing or one thing.
final class SilentListener {
    let port: UInt16
    private let descriptor: Int32

    init(answer: String? = nil) throws {
        let (descriptor, port) = try Loopback.listener(backlog: 16)
        (self.descriptor, self.port) = (descriptor, port)
        guard let answer else { return }
        DispatchQueue.global().async {
            let connection = accept(descriptor, nil, nil)
            var request = [UInt8](repeating: 0, count: 4096)
            recv(connection, &request, request.count, 0)
            Loopback.send(answer.utf8, to: connection)
            close(connection)
        }
    }

    deinit {
        close(descriptor)
    }
}
