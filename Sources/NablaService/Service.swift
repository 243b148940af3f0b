import Dispatch
import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON
import NablaSockets
import NablaStore
import Synchronization

/// The service: from a request to its answer, and all that lives as long as it.
public final class Service: Sendable {
    /// The version of the program, as `GET /version` tells it.
    public static let version = "0.1.0"

    private let settings: Settings
    private let lock: FolderLock
    private let store: Store
    private let pool: WorkerPool
    /// Threads for calls that wait for the database, so that none of them keeps a worker or the loop.
    private let storagePool: WorkerPool
    private let trainingPool: WorkerPool
    private let scheduler: RunScheduler
    private let gate: Gate
    private let tokens: TokenWatch
    private let retention: Retention?
    private let server: Server
    /// What the server is to listen with, until it does.
    private let listeners: Mutex<Listeners?>
    private let onEvent: @Sendable (ServiceEvent) -> Void

    /// Listens, begins to open the database and makes everything else ready; whoever connects waits for `start()`.
    ///
    /// - Parameters:
    ///   - settings: How it is to run.
    ///   - onEvent: Gets everything there is to tell; called from many threads.
    /// - Throws: `StartError` that says what to do.
    public init(
        settings: Settings, onEvent: @escaping @Sendable (ServiceEvent) -> Void
    ) throws(StartError) {
        try StartError.checkExposure(settings)
        FreedMemory.keep(settings.keptBytes)
        self.settings = settings
        let metrics = Metrics()
        let demand = Demand()
        let onEvent: @Sendable (ServiceEvent) -> Void = { event in
            if case .answered = event { demand.note() }
            metrics.note(event)
            onEvent(event)
        }
        self.onEvent = onEvent
        try StartError.makeFolder(settings.dataDirectory)
        lock = try FolderLock(of: settings.dataDirectory)
        // Early, so that whoever waits for the service need not try again.
        listeners = Mutex(
            try StartError.listening { () throws(ServerError) in try Listeners(settings.server) })
        // What no call waits for that only computes.
        store = StartError.beginOpeningStore(
            in: settings.dataDirectory, maximumBytes: settings.databaseBytes
        ) { time in onEvent(.committed(milliseconds: time / .milliseconds(1))) }
        let cores = Machine.cores
        let workers = settings.pool.workers == 0 ? cores : settings.pool.workers
        pool = WorkerPool(
            workers: workers, capacity: settings.pool.queuedRequests,
            mostNumbers: settings.resultNumbers, keptBytes: settings.keptBytes, startsNow: false)
        storagePool = WorkerPool(
            name: "storage", workers: 2, capacity: settings.pool.queuedRequests,
            startsNow: false)
        // The scheduler bounds how many slices wait.
        trainingPool = WorkerPool(
            name: "training", workers: workers, capacity: .max,
            niceness: settings.training.niceness, demand: demand, startsNow: false)
        let identifiers = IdentifierSource()
        scheduler = RunScheduler(
            limits: settings.training, pool: trainingPool, store: store, identifiers: identifiers,
            onEvent: onEvent)
        let isDraining = Flag()
        let uploads = UploadFolder(settings)
        uploads.removeLeftovers()
        let router = Router(
            settings: settings, store: store, uploads: uploads, pool: pool,
            storagePool: storagePool,
            trainingPool: trainingPool, scheduler: scheduler, metrics: metrics,
            isDraining: isDraining)
        gate = try StartError.storing { [store] () throws(StoreError) in
            try Gate(store: store, limit: settings.rate)
        }
        tokens = TokenWatch(of: gate, onEvent: onEvent)
        retention = Retention(settings.retention, of: store, onEvent: onEvent)
        let pipeline = Pipeline(
            router: router, gate: gate, crossOrigin: CrossOrigin(settings.crossOrigins), pool: pool,
            storagePool: storagePool, identifiers: identifiers,
            inlineBytes: settings.pool.inlineBytes, compression: settings.compression,
            uploads: uploads, loops: settings.server.loops, mostNumbers: settings.resultNumbers,
            onEvent: onEvent)
        self.isDraining = isDraining
        server = Server(configuration: settings.server, handler: pipeline) { event in
            onEvent(.server(event))
        }
    }

    private let isDraining: Flag

    /// Begins to answer, and gives the addresses it listens on, with the port taken where 0 was asked for.
    ///
    /// What only computes, and little, is answered before the database is open; of all else as much as the queues
    /// take waits for the workers, which begin then. When this returns, everything is answered.
    ///
    /// - Throws: `StartError` that says what to do; nothing listens or runs then.
    public func start() throws(StartError) -> [String] {
        if let (needed, allowed) = DescriptorLimit.raise(
            for: settings.server.connections, refusals: ServerConfiguration.refusals)
        {
            onEvent(.fewDescriptors(needed: needed, allowed: allowed))
        }
        let addresses: [String]
        do throws(StartError) {
            addresses = try StartError.listening { () throws(ServerError) in
                // Its own no longer: what the server has listens until the server stops.
                try server.start(listeners.withLock { $0.take() }).map(\.description)
            }
            try StartError.storing { () throws(StoreError) in
                try store.waitUntilOpen()
                // Tokens may have been made since it was known whether there are any.
                try gate.refresh()
                try scheduler.takeUp()
            }
            for pool in [pool, storagePool, trainingPool] { pool.start() }
            // Not before, so that nobody waits for it.
            if let why = MatrixLibrary.failure() {
                throw StartError(
                    "OpenBLAS can't be loaded, Debian's package libopenblas0 has it: \(why)")
            }
        } catch {
            abandon()
            throw error
        }
        FreedMemory.giveBack(beyond: settings.keptBytes) { [isDraining] in isDraining.isRaised }
        tokens.start()
        retention?.start()
        onEvent(.started(addresses: addresses))
        return addresses
    }

    /// Ends what a start that fails has begun.
    private func abandon() {
        _ = server.shutDown(within: .zero)
        for pool in [pool, storagePool, trainingPool] { pool.close() }
        // Where it isn't open, or can't be closed, the error is that of the start.
        try? store.close()
        lock.release()
    }

    /// Takes no more requests, answers those it has, ends the runs as interrupted, and returns when all is stored.
    public func stop() {
        onEvent(.stopping)
        isDraining.raise()
        let deadline = Stopwatch.now() + Double(settings.shutdownSeconds)
        scheduler.stop(within: Double(settings.shutdownSeconds))
        _ = server.shutDown(within: .seconds(max(0, deadline - Stopwatch.now())))
        pool.close()
        storagePool.close()
        trainingPool.close()
        tokens.stop()
        retention?.stop()
        do {
            try store.close()
        } catch {
            onEvent(.failure(requestID: nil, detail: error.detail))
        }
        lock.release()
        onEvent(.stopped)
    }
}

/// A flag that is raised once.
final class Flag: Sendable {
    private let value = Atomic(false)

    /// Whether it was raised.
    var isRaised: Bool { value.load(ordering: .acquiring) }

    /// Raises it.
    func raise() {
        value.store(true, ordering: .releasing)
    }
}
