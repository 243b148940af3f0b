import NablaAPI
import NablaCore
import NablaJSON
import NablaNetworks

/// `POST /check`: gradients held against differences of the loss.
struct CheckEndpoint: Endpoint {
    let place = Place.worker
    let scope: Scope? = .read
    let networks: NetworkResolver
    let datasets: SamplesResolver
    let limits: JSONLimits
    let shards: ShardRunner
    /// Reads and writes the parts of large texts.
    let parts: PartRunner
    /// The most multiplications of a check; see `Settings.checkProducts`.
    let products: Int

    /// How many entries near a kink an answer has at most.
    private static let mostUnreliable = 100

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let request = try CheckRequest(
            parsing: call.body, limits: limits, sharing: parts)
        let network = try networks.network(for: request.network, as: .float64)
        let samples = try datasets.samples(for: request.samples, as: .float64)
        try refuseTooMuch(network.parameterCount, samples: samples.count)
        let parsed = Stopwatch.now()
        let check = try Problem.computing { () throws(ComputationError) in
            try GradientCheck.compute(
                of: request.loss, network: network, samples: samples,
                claim: request.gradients, settings: GradientCheck.Settings(request),
                workspace: workspace, shards: shards, isCancelled: { call.isCancelled })
        }
        let computed = Stopwatch.now()
        var content = Content.json(
            CheckResponse(check, mostUnreliable: CheckEndpoint.mostUnreliable).json())
        content.timing = Timing(since: call.start, parsed: parsed, computed: computed)
        return .content(content)
    }

    /// Two passes for each parameter, each of about one multiplication a parameter and sample.
    private func refuseTooMuch(_ parameters: Int, samples: Int) throws(Problem) {
        let (square, isTooLarge) = parameters.multipliedReportingOverflow(by: parameters)
        let (work, isTooMuch) = square.multipliedReportingOverflow(by: 2 * samples)
        guard isTooLarge || isTooMuch || work > products else { return }
        throw Problem(
            .tooMuchWork,
            "checking \(parameters) parameters over \(samples) samples takes 2 · parameters² · "
                + "samples multiplications, but at most \(products) are made; check a smaller "
                + "network or fewer samples", pointer: "/network")
    }
}

extension GradientCheck.Settings {
    init(_ request: CheckRequest) {
        self.init()
        if let step = request.step { self.step = step }
        if let rtol = request.rtol { relativeTolerance = rtol }
        absoluteTolerance = request.atol
    }
}

extension CheckResponse {
    init(_ check: GradientCheck, mostUnreliable: Int) {
        self.init(
            passes: check.passes, maximumRelativeError: check.maximumRelativeError,
            worst: Entry(check.worst), diagnosis: check.diagnosis,
            tensors: check.tensors.map { tensor in
                TensorCheck(
                    pointer: "/layers/\(tensor.layer)/\(tensor.tensor)", entries: tensor.entries,
                    failures: tensor.failures, maximumRelativeError: tensor.maximumRelativeError,
                    maximumAbsoluteError: tensor.maximumAbsoluteError, finding: tensor.finding)
            },
            unreliable: check.kinks.prefix(mostUnreliable).map { Entry($0) },
            unreliableCount: check.kinks.count, step: check.settings.step,
            rtol: check.settings.relativeTolerance,
            // Always there in a check that was made.
            atol: check.settings.absoluteTolerance ?? 0)
    }
}

extension CheckResponse.Entry {
    fileprivate init(_ entry: GradientCheck.Entry) {
        self.init(
            pointer: entry.place.pointer, claimed: entry.claimed, analytic: entry.analytic,
            numeric: entry.numeric, relativeError: entry.relativeError,
            kink: entry.kink.map {
                CheckResponse.Kink(layer: $0.layer, unit: $0.unit, sample: $0.sample)
            })
    }
}
