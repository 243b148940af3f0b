import CCurl
import Dispatch
import Synchronization

/// Carries a client's asynchronous calls, all by one thread on one curl multi handle.
final class Engine: Sendable {
    private let mailbox: Mailbox

    /// Starts the thread; nil when libcurl has no memory.
    init?(_ destination: Destination) {
        guard let multi = MultiHandle() else { return nil }
        let mailbox = Mailbox(multi)
        self.mailbox = mailbox
        // A serial queue whose block runs until the engine's end is a thread of its own.
        DispatchQueue(label: "nabla.client").async {
            var loop = EngineLoop(multi, destination)
            loop.run(mailbox)
        }
    }

    deinit {
        mailbox.post(.end)
    }

    /// Performs a call and gives its whole answer.
    ///
    /// - Throws: `ClientError` when nothing came back whole, or the task was cancelled.
    func perform(_ message: Message) async throws(ClientError) -> Received {
        let id = mailbox.nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                mailbox.post(
                    .begin(id, message, onData: nil) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            mailbox.post(.cancel(id))
        }
        return try result.get()
    }

    /// Performs a call whose answer is a stream, and gives its bytes as they come in.
    func stream(_ message: Message) -> AsyncThrowingStream<[UInt8], any Error> {
        let id = mailbox.nextID()
        return AsyncThrowingStream { continuation in
            continuation.onTermination = { [mailbox] _ in mailbox.post(.cancel(id)) }
            mailbox.post(
                .begin(id, message, onData: { continuation.yield($0) }) { result in
                    switch result {
                    case .success(let received) where received.status == 200:
                        continuation.finish()
                    case .success(let received):
                        continuation.finish(throwing: ClientError(received))
                    case .failure(let error):
                        continuation.finish(throwing: error)
                    }
                })
        }
    }
}

/// What the engine's thread is told by others.
private final class Mailbox: Sendable {
    enum Order: Sendable {
        case begin(
            Int, Message, onData: (@Sendable ([UInt8]) -> Void)?,
            onEnd: @Sendable (Result<Received, ClientError>) -> Void)
        case cancel(Int)
        case end
    }

    private struct State {
        var orders: [Order] = []
        var lastID = 0
    }

    private let multi: MultiHandle
    private let state = Mutex(State())

    init(_ multi: MultiHandle) {
        self.multi = multi
    }

    func nextID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    func post(_ order: Order) {
        state.withLock { $0.orders.append(order) }
        multi.wake()
    }

    func collect() -> [Order] {
        state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }
}

/// What the engine's thread does, and all that only it touches.
private struct EngineLoop {
    private struct Running {
        let id: Int
        let transfer: Transfer
        let onEnd: @Sendable (Result<Received, ClientError>) -> Void
    }

    private let multi: MultiHandle
    private let destination: Destination
    private var running: [UnsafeMutableRawPointer: Running] = [:]
    private var idle: [EasyHandle] = []

    init(_ multi: MultiHandle, _ destination: Destination) {
        self.multi = multi
        self.destination = destination
    }

    mutating func run(_ mailbox: Mailbox) {
        while obey(mailbox.collect()) {
            multi.perform()
            while let (handle, result) = multi.nextFinished() { finish(handle, result) }
            multi.wait(milliseconds: 1000)
        }
        for entry in running.values {
            multi.remove(entry.transfer.handle)
            entry.onEnd(.failure(.cancelled))
            entry.transfer.handle.close()
        }
        for handle in idle { handle.close() }
        multi.close()
    }

    /// Does what it was told; false once it was told to end.
    private mutating func obey(_ orders: [Mailbox.Order]) -> Bool {
        var goesOn = true
        for order in orders {
            switch order {
            case .begin(let id, let message, let onData, let onEnd):
                begin(id, message, onData, onEnd)
            case .cancel(let id): cancel(id)
            case .end: goesOn = false
            }
        }
        return goesOn
    }

    private mutating func begin(
        _ id: Int, _ message: Message, _ onData: (@Sendable ([UInt8]) -> Void)?,
        _ onEnd: @escaping @Sendable (Result<Received, ClientError>) -> Void
    ) {
        guard let handle = idle.popLast() ?? EasyHandle() else {
            onEnd(.failure(.connection("libcurl has no memory for another handle")))
            return
        }
        let transfer = Transfer(message, on: handle, destination)
        transfer.onData = onData
        running[handle.raw] = Running(id: id, transfer: transfer, onEnd: onEnd)
        multi.add(handle)
    }

    private mutating func finish(_ handle: UnsafeMutableRawPointer, _ result: CURLcode) {
        guard let entry = running.removeValue(forKey: handle) else { return }
        multi.remove(entry.transfer.handle)
        idle.append(entry.transfer.handle)
        do {
            entry.onEnd(.success(try entry.transfer.finish(result)))
        } catch {
            entry.onEnd(.failure(error))
        }
    }

    private mutating func cancel(_ id: Int) {
        // One that ended already has nothing to be cancelled.
        guard let entry = running.values.first(where: { $0.id == id }) else { return }
        running.removeValue(forKey: entry.transfer.handle.raw)
        multi.remove(entry.transfer.handle)
        idle.append(entry.transfer.handle)
        entry.onEnd(.failure(.cancelled))
    }
}

/// A curl multi handle: many transfers on one thread, over connections that it keeps open.
///
/// - Note: Safe to share, since only the engine's thread calls anything but `wake`, which libcurl
///   lets any thread call.
private struct MultiHandle: @unchecked Sendable {
    private let raw: OpaquePointer

    init?() {
        _ = Curl.isReady
        guard let raw = curl_multi_init() else { return nil }
        self.raw = OpaquePointer(raw)
    }

    private var pointer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(raw) }

    func add(_ handle: EasyHandle) { curl_multi_add_handle(pointer, handle.raw) }

    func remove(_ handle: EasyHandle) { curl_multi_remove_handle(pointer, handle.raw) }

    func perform() {
        var count: Int32 = 0
        curl_multi_perform(pointer, &count)
    }

    /// A handle whose transfer has ended, and how.
    func nextFinished() -> (UnsafeMutableRawPointer, CURLcode)? {
        var result = CURLE_OK
        guard let handle = nabla_curl_finished(pointer, &result) else { return nil }
        return (handle, result)
    }

    /// Waits until something can be done, it is woken, or the time is over.
    func wait(milliseconds: Int32) { curl_multi_poll(pointer, nil, 0, milliseconds, nil) }

    func wake() { curl_multi_wakeup(pointer) }

    func close() { curl_multi_cleanup(pointer) }
}
