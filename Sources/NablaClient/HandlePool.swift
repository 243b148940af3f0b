import CCurl
import Synchronization

/// The curl handles of a client's blocking calls, each with its open connection.
final class HandlePool: Sendable {
    private let idle = Mutex<[EasyHandle]>([])

    deinit {
        idle.withLock { handles in
            for handle in handles { handle.close() }
        }
    }

    /// Performs a call on this thread.
    ///
    /// - Throws: `ClientError` when nothing came back whole.
    func perform(
        _ message: Message, _ destination: Destination
    ) throws(ClientError) -> Received {
        guard let handle = idle.withLock({ $0.popLast() }) ?? EasyHandle() else {
            throw .connection("libcurl has no memory for another handle")
        }
        defer { idle.withLock { $0.append(handle) } }
        let transfer = Transfer(message, on: handle, destination)
        return try transfer.finish(curl_easy_perform(handle.raw))
    }
}
