import NablaAPI
import NablaHTTP
import NablaJSON
import NablaStore

extension Router {
    /// Every route of the contract.
    ///
    /// Without a `storagePool`, `pool` is that of the calls that wait for the database, too.
    init(
        settings: Settings, store: Store, pool: WorkerPool, storagePool: WorkerPool? = nil,
        scheduler: RunScheduler, metrics: Metrics = Metrics(), isDraining: Flag
    ) {
        let networks = NetworkResolver(store: store)
        let runs = RunReader(store: store, scheduler: scheduler)
        let limits = JSONLimits(maximumDepth: settings.jsonDepth)
        let shards = pool.shardRunner
        let pools =
            [(name: "compute", pool: pool)]
            + (storagePool.map { [(name: "storage", pool: $0)] } ?? [])
        self.init(
            fixed: [
                Path.gradients: [
                    .post: GradientsEndpoint(networks: networks, limits: limits, shards: shards)
                ],
                Path.gradientsBatch: [
                    .post: GradientsBatchEndpoint(
                        networks: networks, limits: limits, shards: shards,
                        mostRequests: settings.batchRequests)
                ],
                Path.check: [
                    .post: CheckEndpoint(
                        networks: networks, limits: limits, shards: shards,
                        products: settings.checkProducts)
                ],
                Path.predict: [
                    .post: PredictEndpoint(networks: networks, limits: limits, shards: shards)
                ],
                Path.train: [
                    .post: TrainEndpoint(
                        networks: networks, scheduler: scheduler, limits: limits,
                        longestWait: settings.training.waitSeconds)
                ],
                Path.runs: [.get: RunsEndpoint(store: store)],
                Path.healthz: [.get: HealthEndpoint()],
                Path.readyz: [
                    .get: ReadinessEndpoint(store: store, pool: pool, scheduler: scheduler) {
                        isDraining.isRaised
                    }
                ],
                Path.metrics: [
                    .get: MetricsEndpoint(metrics: metrics, store: store, pools: pools)
                ],
                Path.version: [.get: VersionEndpoint()],
                Path.openAPI: [.get: OpenAPIEndpoint()],
            ],
            run: [.get: RunEndpoint(runs: runs)],
            runParts: [
                .metrics: [.get: RunMetricsEndpoint(runs: runs)],
                .network: [.get: RunNetworkEndpoint(runs: runs)],
                .events: [.get: RunEventsEndpoint(runs: runs, scheduler: scheduler)],
                .cancel: [.post: CancelEndpoint(runs: runs, scheduler: scheduler)],
                .resume: [.post: ResumeEndpoint(runs: runs, scheduler: scheduler, limits: limits)],
            ],
            metrics: metrics)
    }
}
