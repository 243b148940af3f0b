import Foundation
public import NablaAPI
import NablaCore
import NablaHTTP
import NablaSockets
import NablaStore

/// The service without a server: calls are answered in this process, by the same endpoints, with a
/// database that goes with it.
///
/// Nothing listens and nobody else can call, so no token is asked for.
public final class EmbeddedService: Sendable {
    private let folder: String
    private let store: Store
    private let pool: WorkerPool
    private let trainingPool: WorkerPool
    private let scheduler: RunScheduler
    private let router: Router
    private let workspaces: LoopWorkspaces
    private let identifiers = IdentifierSource()

    /// Makes everything ready, with a database in a temporary folder of its own.
    ///
    /// - Parameters:
    ///   - settings: The bounds of the calls, and the workers. Where it would listen and keep its
    ///     database counts for nothing here.
    ///   - callers: How many threads are expected to call at the same time; 1 by default.
    /// - Throws: `StartError` that says what to do.
    public init(settings: Settings = Settings(), callers: Int = 1) throws(StartError) {
        folder = try EmbeddedService.makeFolder()
        do {
            store = try StartError.openStore(in: folder)
        } catch {
            EmbeddedService.remove(folder)
            throw error
        }
        let workers = settings.pool.workers == 0 ? Machine.cores : settings.pool.workers
        pool = WorkerPool(
            workers: workers, capacity: settings.pool.queuedRequests,
            mostNumbers: settings.resultNumbers, keptBytes: settings.keptBytes)
        // As nice as any other thread: who trains here waits for it, and there are no requests.
        trainingPool = WorkerPool(name: "training", workers: workers, capacity: .max)
        scheduler = RunScheduler(
            limits: settings.training, pool: trainingPool, store: store, identifiers: identifiers
        ) { _ in }
        router = Router(
            settings: settings, store: store, pool: pool, trainingPool: trainingPool,
            scheduler: scheduler, isDraining: Flag())
        workspaces = LoopWorkspaces(
            count: max(1, callers), mostNumbers: settings.resultNumbers)
    }

    /// Ends the runs and the threads, and deletes the database; the last call.
    public func close() {
        scheduler.stop(within: 0)
        pool.close()
        trainingPool.close()
        // The folder goes either way.
        try? store.close()
        EmbeddedService.remove(folder)
    }

    /// Answers a call on this thread.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: The path and, where there is one, the query.
    ///   - fields: Fields of the request, as in `Accept-Language: zh`.
    ///   - body: The body.
    /// - Returns: The body of the good answer, as the service would send it.
    /// - Throws: The `Problem` that the service would answer with.
    public func answer(
        _ method: String, _ target: String, fields: [String] = [], body: [UInt8] = []
    ) throws(Problem) -> [UInt8] {
        let head = try EmbeddedService.head(method, target, fields)
        guard
            case .endpoint(let endpoint, let subject) =
                router.match(head.method, head.target.path).match
        else {
            throw Problem(.notFound, "there is no \(method) \(target)")
        }
        let call = Call(Request(head: head, body: body), subject: subject)
        return try workspaces.lend { workspace throws(Problem) in
            try EmbeddedService.content(of: endpoint.answer(call, workspace), call, workspace)
        }
    }

    /// Begins a run.
    ///
    /// - Parameter request: The body of `POST /train`.
    /// - Returns: The run as it was acknowledged, and what happens to it from its first epoch to its
    ///   end; the events of other runs may be among these.
    /// - Throws: The `Problem` that the service would answer with.
    public func train(
        _ request: [UInt8]
    ) throws(Problem) -> (run: Run, events: AsyncStream<SharedEvent>) {
        let (stream, continuation) = AsyncStream<SharedEvent>.makeStream()
        // Before the run begins, so that none of its epochs is missed.
        scheduler.feed.follow { news in
            // What could not be looked up tells only of epochs. The end is told below, once.
            guard case .event(let event, _) = news, !event.event.isEnd else { return true }
            if case .terminated = continuation.yield(event) { return false }
            return true
        }
        do throws(Problem) {
            let run = try Run(parsing: answer("POST", Path.train, body: request))
            let tellEnd = { @Sendable (ended: Run) in
                continuation.yield(
                    SharedEvent(run: ended.id, event: RunEvent(.end(ended)), id: nil))
                continuation.finish()
            }
            if let live = scheduler.live(run.id) {
                live.whenEnded(tellEnd)
            } else {
                tellEnd(try RunReader(store: store, scheduler: scheduler).run(run.id))
            }
            return (run, stream)
        } catch {
            continuation.finish()
            throw error
        }
    }
}

extension EmbeddedService {
    private static func content(
        of answer: consuming Answer, _ call: Call, _ workspace: Workspace
    ) throws(Problem) -> [UInt8] {
        switch consume answer {
        case .content(let content): return content.body
        case .onWorker(let rest): return try content(of: rest(call, workspace), call, workspace)
        case .later:
            throw Problem(.notImplemented, "what is answered bit by bit needs a server")
        }
    }

    /// Reads a head as a connection would, so that endpoints find in it what they look for.
    private static func head(
        _ method: String, _ target: String, _ fields: [String]
    ) throws(Problem) -> RequestHead {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: embedded"] + fields + ["", ""]
        let text = Array(lines.joined(separator: "\r\n").utf8)
        var reader = RequestReader(limits: HTTPLimits())
        switch reader.read(text.span) {
        case .request(let head, _): return head
        case .invalid(let error): throw Problem(.malformedRequest, error.detail)
        case .needsMore: throw Problem(.malformedRequest, "\(method) \(target) is no request")
        }
    }

    private static func makeFolder() throws(StartError) -> String {
        var template = Array((NSTemporaryDirectory() + "/nabla-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw StartError(
                "no temporary folder can be made in \(NSTemporaryDirectory()): "
                    + "\(String(cString: strerror(errno))); TMPDIR names another place")
        }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func remove(_ folder: String) {
        // What can't be removed is in the way of nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }
}

extension RunEvent {
    fileprivate var isEnd: Bool {
        if case .end = content { true } else { false }
    }
}
