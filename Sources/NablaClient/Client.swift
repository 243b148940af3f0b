import Glibc
import NablaAPI

/// A client of the service: every call there is, blocking and async.
///
/// All calls of a client share its open connections. A blocking call runs on the thread that makes it where
/// no other is under way; what calls wait for at the same time is waited for by one thread.
/// - Note: Every call throws `ClientError`: the service's own problem where it answered with one.
public final class Client: Sendable {
    /// How the client reaches the service.
    public let configuration: ClientConfiguration
    private let engine: Engine?

    /// Makes a client; it connects when it is first needed.
    public init(_ configuration: ClientConfiguration = ClientConfiguration()) {
        self.configuration = configuration
        engine = Engine(Destination(configuration))
    }

    /// Performs a call on this thread.
    func perform<Value>(_ call: Call<Value>) throws(ClientError) -> Value {
        guard let engine else { throw .noHandle }
        var attempts = Attempts(call.message, configuration)
        while true {
            let outcome: Result<Received, ClientError>
            do {
                outcome = .success(try engine.perform(attempts.next))
            } catch {
                outcome = .failure(error)
            }
            guard let pause = attempts.pause(after: outcome) else {
                return try call.read(attempts.settled(outcome))
            }
            sleep(milliseconds: pause)
        }
    }

    /// Performs a call while the task is suspended.
    func perform<Value>(_ call: Call<Value>) async throws(ClientError) -> Value {
        guard let engine else { throw .noHandle }
        var attempts = Attempts(call.message, configuration)
        while true {
            let outcome: Result<Received, ClientError>
            do {
                outcome = .success(try await engine.perform(attempts.next))
            } catch {
                outcome = .failure(error)
            }
            guard let pause = attempts.pause(after: outcome) else {
                return try call.read(attempts.settled(outcome))
            }
            do {
                try await Task.sleep(for: .milliseconds(pause))
            } catch {
                throw .cancelled
            }
        }
    }

    /// The bytes of an answer that is a stream.
    func stream(_ message: Message) -> AsyncThrowingStream<[UInt8], any Error> {
        guard let engine else {
            return AsyncThrowingStream { $0.finish(throwing: StreamFailure(.noHandle)) }
        }
        return engine.stream(message)
    }

    /// Whether the service says that it takes requests, which one that is stopping doesn't.
    ///
    /// It is asked once, and for no longer than a connection may take to come about.
    func isReady() async -> Bool {
        var message = Message(path: Path.readyz)
        message.milliseconds = configuration.connectMilliseconds
        return (try? await engine?.perform(message))?.status == 200
    }
}

/// Keeps this thread waiting.
private func sleep(milliseconds: Int) {
    var left = timespec(
        tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    // A signal ends the wait early and leaves what was left of it.
    var rest = timespec()
    while nanosleep(&left, &rest) == -1, errno == EINTR { left = rest }
}
