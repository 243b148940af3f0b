import NablaAPI
import NablaHTTP
import NablaJSON
import NablaStore

extension Router {
    /// Every route of the contract.
    ///
    /// Without a `storagePool`, `pool` is that of the calls that wait for the database, too. What
    /// `/metrics` says of training is that of `trainingPool`.
    init(
        settings: Settings, store: Store, uploads: UploadFolder? = nil, pool: WorkerPool,
        storagePool: WorkerPool? = nil,
        trainingPool: WorkerPool? = nil, scheduler: RunScheduler, metrics: Metrics = Metrics(),
        isDraining: Flag
    ) {
        let networks = NetworkResolver(store: store)
        let datasets = SamplesResolver(store: store)
        let runs = RunReader(store: store, scheduler: scheduler)
        let identifiers = IdentifierSource()
        let limits = JSONLimits(maximumDepth: settings.jsonDepth)
        let shards = pool.shardRunner
        let parts = PartRunner(shards)
        let filters = settings.queries.filters
        let pools =
            [(name: "compute", pool: pool)]
            + (storagePool.map { [(name: "storage", pool: $0)] } ?? [])
            + (trainingPool.map { [(name: "training", pool: $0)] } ?? [])
        self.init(
            fixed: [
                Path.gradients: [
                    .post: GradientsEndpoint(
                        networks: networks, datasets: datasets, limits: limits, shards: shards,
                        parts: parts)
                ],
                Path.gradientsBatch: [
                    .post: GradientsBatchEndpoint(
                        networks: networks, datasets: datasets, limits: limits, shards: shards,
                        mostRequests: settings.batchRequests)
                ],
                Path.check: [
                    .post: CheckEndpoint(
                        networks: networks, datasets: datasets, limits: limits, shards: shards,
                        parts: parts, products: settings.checkProducts)
                ],
                Path.predict: [
                    .post: PredictEndpoint(
                        networks: networks, limits: limits, shards: shards, parts: parts)
                ],
                Path.train: [
                    .post: TrainEndpoint(
                        networks: networks, datasets: datasets, runs: runs,
                        scheduler: scheduler, limits: limits,
                        longestWait: settings.training.waitSeconds)
                ],
                Path.runs: [.get: RunsEndpoint(store: store, filters: filters)],
                Path.runsCompare: [
                    .get: RunsCompareEndpoint(runs: runs, mostRuns: settings.queries.comparedRuns)
                ],
                Path.runsExport: [
                    .get: RunsExportEndpoint(
                        store: store, runs: runs, pool: storagePool ?? pool, filters: filters,
                        pieceBytes: min(64 << 10, settings.server.streamBufferBytes / 4))
                ],
                Path.datasets: [.get: DatasetsEndpoint(store: store)],
                Path.networks: [.get: StoredNetworksEndpoint(store: store)],
                Path.events: [
                    .get: EventsEndpoint(
                        store: store, runs: runs, scheduler: scheduler,
                        mostMissed: settings.queries.missedEvents)
                ],
                Path.healthz: [.get: HealthEndpoint()],
                Path.readyz: [
                    .get: ReadinessEndpoint(store: store, pool: pool, scheduler: scheduler) {
                        isDraining.isRaised
                    }
                ],
                Path.metrics: [
                    .get: MetricsEndpoint(
                        metrics: metrics, store: store, pools: pools, time: scheduler.time)
                ],
                Path.version: [.get: VersionEndpoint()],
                Path.openAPI: [.get: OpenAPIEndpoint()],
            ],
            run: [
                .get: RunEndpoint(runs: runs),
                .patch: ChangeRunEndpoint(
                    runs: runs, scheduler: scheduler, store: store, limits: limits,
                    textBytes: settings.training.textBytes),
                .delete: DeleteRunEndpoint(store: store),
            ],
            runParts: [
                .metrics: [.get: RunMetricsEndpoint(runs: runs)],
                .network: [.get: RunNetworkEndpoint(runs: runs)],
                .events: [
                    .get: RunEventsEndpoint(
                        runs: runs, scheduler: scheduler, mostMissed: settings.queries.missedEvents)
                ],
                .cancel: [.post: CancelEndpoint(runs: runs, scheduler: scheduler)],
                .resume: [.post: ResumeEndpoint(runs: runs, scheduler: scheduler, limits: limits)],
            ],
            named: [
                Path.datasets: [
                    .get: DatasetEndpoint(store: store, resolver: datasets),
                    .put: PutDatasetEndpoint(
                        store: store, identifiers: identifiers, limits: limits,
                        uploads: uploads ?? UploadFolder(settings)),
                    .delete: DeleteDatasetEndpoint(store: store),
                ],
                Path.networks: [
                    .get: StoredNetworkEndpoint(networks: networks),
                    .put: PutNetworkEndpoint(networks: networks, store: store, limits: limits),
                    .delete: DeleteNetworkEndpoint(store: store),
                ],
            ],
            metrics: metrics)
    }
}
