import NablaAPI
import NablaCore
import NablaHTTP
import NablaStore

/// `GET /metrics`: what is counted of the service, for Prometheus.
struct MetricsEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let metrics: Metrics
    let store: Store
    /// The pools by the name that their metrics carry.
    let pools: [(name: String, pool: WorkerPool)]
    /// What training runs spend their time with.
    let time: TrainingTime

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let counts = try Problem.storing { () throws(StoreError) in try store.counts() }
        var text = MetricsText()
        text.add(
            "nabla_build_info", .gauge, "The version that runs; always 1.",
            [([("version", Service.version)], 1)])
        addRequests(to: &text)
        addConnections(to: &text)
        addPools(to: &text)
        text.add(
            "nabla_runs", .gauge, "Training runs in the database by status.",
            counts.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { ([("status", $0.key.rawValue)], $0.value) })
        let seconds = time.seconds
        text.add(
            "nabla_training_seconds_total", .counter, "Time that slices of training runs took.",
            seconds.slices)
        text.add(
            "nabla_training_storage_seconds_total", .counter,
            "Time of training runs that went to storage: handing over, copying, waiting.",
            seconds.storage)
        text.add(
            "nabla_store_commit_duration_seconds",
            "Time from a transaction's begin until it is on the disk.",
            [([], metrics.commits)])
        MetricsEndpoint.addProcess(to: &text)
        var content = Content(body: Array(text.text.utf8))
        content.mediaType = MetricsText.mediaType
        content.fields = [("Cache-Control", "no-store")]
        return .content(content)
    }

    private func addRequests(to text: inout MetricsText) {
        let routes = metrics.routes
        text.add(
            "nabla_http_requests_total", .counter, "Requests answered by route and status.",
            routes.flatMap { route in
                route.statuses.sorted { $0.key < $1.key }.map { status, count in
                    ([("route", route.template), ("status", label(status))], count)
                }
            })
        text.add(
            "nabla_http_request_duration_seconds",
            "Time from a whole request until its answer, or its stream's begin, by route.",
            routes.map { ([("route", $0.template)], $0.durations) })
        text.add(
            "nabla_http_messages_refused_total", .counter,
            "Messages that never became a request by the status of the answer.",
            metrics.refusals.sorted { $0.key < $1.key }
                .map { ([("status", label($0.key))], $0.value) })
    }

    private func label(_ status: Int) -> String { status == 0 ? "other" : "\(status)" }

    private func addConnections(to text: inout MetricsText) {
        text.add(
            "nabla_http_connections", .gauge, "Connections that are open.",
            metrics.open(.connectionsOpened, .connectionsClosed))
        text.add(
            "nabla_http_event_streams", .gauge, "Event streams that are open.",
            metrics.open(.streamsOpened, .streamsClosed))
        let totals: [(String, Counter, String)] = [
            ("connections_total", .connectionsOpened, "Connections that were accepted."),
            (
                "connections_refused_total", .connectionsRefused,
                "Connections turned away because as many as may be were open."
            ),
            ("accept_failures_total", .acceptsFailed, "Connections the system did not give."),
            ("received_bytes_total", .bytesReceived, "Bytes received from clients."),
            ("sent_bytes_total", .bytesSent, "Bytes sent to clients."),
            ("timeouts_total", .timeouts, "Connections closed because a client took too long."),
            ("clients_left_total", .clientsLeft, "Clients that left before they had their answer."),
            ("event_streams_total", .streamsOpened, "Event streams that began."),
            ("event_streams_cut_total", .streamsCut, "Event streams cut for a slow reader."),
        ]
        for (name, counter, help) in totals {
            text.add("nabla_http_" + name, .counter, help, metrics.total(counter))
        }
    }

    private func addPools(to text: inout MetricsText) {
        let loads = pools.map { (labels: [("pool", $0.name)], load: $0.pool.load) }
        text.add(
            "nabla_pool_workers", .gauge, "Threads of the pool.",
            pools.map { ([("pool", $0.name)], $0.pool.workers) })
        text.add(
            "nabla_pool_workers_busy", .gauge, "Threads of the pool that are at work.",
            loads.map { ($0.labels, $0.load.busy) })
        text.add(
            "nabla_pool_queued_requests", .gauge, "Requests that wait for a thread of the pool.",
            loads.map { ($0.labels, $0.load.waiting) })
    }

    /// The names are those of Prometheus' own client libraries.
    private static func addProcess(to text: inout MetricsText) {
        let usage = ProcessUsage()
        text.add(
            "process_cpu_seconds_total", .counter, "Processor time of all threads.",
            usage.cpuSeconds)
        text.add(
            "process_resident_memory_bytes", .gauge, "Memory that is there now.",
            ProcessUsage.residentBytes)
        text.add(
            "process_virtual_memory_bytes", .gauge, "Memory that addresses are given to.",
            usage.virtualBytes)
        text.add(
            "process_open_fds", .gauge, "Descriptors that are open.", usage.openDescriptors)
        text.add(
            "process_max_fds", .gauge, "Descriptors that may be open.", usage.mostDescriptors)
        text.add(
            "process_start_time_seconds", .gauge, "When the process started, since 1970.",
            usage.startSeconds)
    }
}
