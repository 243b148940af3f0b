import NablaAPI
import NablaCore
import NablaJSON
import NablaNetworks

/// `POST /predict`: the outputs of a network.
struct PredictEndpoint: Endpoint {
    let place = Place.loopOrWorker
    let scope: Scope? = .read
    let networks: NetworkResolver
    let limits: JSONLimits
    let shards: ShardRunner
    /// Reads and writes the parts of large texts.
    let parts: PartRunner

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let request = try PredictRequest(
            parsing: call.body, limits: limits, sharing: parts)
        guard request.network.isLight(for: request.inputs) else {
            let parsing = Stopwatch.now() - call.start
            return .onWorker { call, workspace throws(Problem) in
                try answer(call, request, workspace, since: Stopwatch.now() - parsing)
            }
        }
        return try answer(call, request, workspace, since: call.start)
    }

    private func answer(
        _ call: Call, _ request: PredictRequest, _ workspace: Workspace, since start: Double
    ) throws(Problem) -> Answer {
        let network = try networks.network(for: request.network, as: request.dtype)
        let parsed = Stopwatch.now()
        let outputs = try Problem.computing { () throws(ComputationError) in
            try predict(
                network: network, inputs: request.inputs, dtype: request.dtype,
                workspace: workspace, shards: shards, isCancelled: { call.isCancelled })
        }
        let computed = Stopwatch.now()
        var content = Content.json(
            PredictResponse(outputs: outputs).json(
                as: request.encoding, sharing: parts))
        content.timing = Timing(since: start, parsed: parsed, computed: computed)
        return .content(content)
    }
}
