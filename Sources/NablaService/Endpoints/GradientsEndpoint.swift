import NablaAPI
import NablaCore
import NablaJSON
import NablaNetworks

/// `POST /gradients`: the loss and its gradient for every parameter.
struct GradientsEndpoint: Endpoint {
    let place = Place.loopOrWorker
    let scope: Scope? = .read
    let networks: NetworkResolver
    let datasets: SamplesResolver
    let limits: JSONLimits
    let shards: ShardRunner
    /// Reads and writes the parts of large texts.
    let parts: PartRunner
    let forms = RecentForms()

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        if let content = forms.answer(
            to: call.request.body, since: call.start, workspace, shards,
            isCancelled: { call.isCancelled })
        {
            return .content(content)
        }
        let request = try GradientsRequest(
            parsing: call.body, limits: limits, sharing: parts)
        let isLight =
            request.vector == nil && !request.asks(for: .perSampleGradients)
            && request.samples.inline.map { request.network.isLight(for: $0.inputs) } ?? false
        guard isLight else {
            let parsing = Stopwatch.now() - call.start
            return .onWorker { call, workspace throws(Problem) in
                .content(
                    try self.content(
                        for: request, call, workspace, since: Stopwatch.now() - parsing))
            }
        }
        var content = try self.content(for: request, call, workspace, since: call.start)
        let written = Stopwatch.now()
        forms.keep(request, of: call.body, content.body)
        content.timing.leaveOut(Stopwatch.now() - written)
        return .content(content)
    }

    private func content(
        for request: GradientsRequest, _ call: Call, _ workspace: Workspace, since start: Double
    ) throws(Problem) -> Content {
        let network = try networks.network(for: request.network, as: request.dtype)
        let samples = try datasets.samples(for: request.samples, as: request.dtype)
        let parsed = Stopwatch.now()
        let response = try GradientsResponse.computed(
            for: request, network: network, samples: samples, workspace, shards, call)
        let computed = Stopwatch.now()
        var content = Content.json(
            response.json(as: request.encoding, sharing: parts))
        if let explanation = response.explanation {
            content.fields = Language.fields(of: explanation.language)
        }
        content.timing = Timing(since: start, parsed: parsed, computed: computed)
        return content
    }
}

extension Inclusions {
    init(_ names: Set<Inclusion>) {
        self = []
        guard !names.isEmpty else { return }
        if names.contains(.outputs) { insert(.outputs) }
        if names.contains(.activations) { insert(.activations) }
        if names.contains(.inputGradients) { insert(.inputGradients) }
        if names.contains(.norms) { insert(.norms) }
        if names.contains(.perSampleGradients) { insert(.perSampleGradients) }
    }
}

extension GradientSettings {
    /// Finds the layers that a request names.
    init(_ request: GradientsRequest, _ network: Network) throws(Problem) {
        self.init(isTraining: request.training, seed: request.seed, vector: request.vector)
        guard let wrt = request.wrt else { return }
        var layers: [Int] = []
        for (position, reference) in wrt.enumerated() {
            switch reference {
            case .index(let index): layers.append(index)
            case .name(let name):
                guard let index = network.layers.firstIndex(where: { $0.name == name }) else {
                    throw Problem(
                        .inconsistent, "the network has no layer named \(name)",
                        pointer: "/wrt/\(position)")
                }
                layers.append(index)
            }
        }
        self.layers = layers
    }
}

extension GradientsResponse {
    /// Computes the answer to a request.
    static func computed(
        for request: GradientsRequest, network: Network, samples: Samples,
        _ workspace: Workspace, _ shards: ShardRunner, _ call: Call
    ) throws(Problem) -> GradientsResponse {
        let settings = try GradientSettings(request, network)
        let isExplained = request.asks(for: .explanation)
        if isExplained {
            let numbers = try Problem.computing { () throws(ComputationError) in
                try Explanation.numbers(in: network, samples: samples.count)
            }
            try refuseToExplain(numbers)
        }
        let gradients: Gradients
        do throws(ComputationError) {
            gradients = try Gradients.compute(
                of: request.loss, network: network, samples: samples, dtype: request.dtype,
                including: Inclusions(request.include), settings: settings, workspace: workspace,
                shards: shards, isCancelled: { call.isCancelled })
        } catch {
            throw Problem(error)
        }
        guard isExplained else { return GradientsResponse(gradients) }
        var response = GradientsResponse(gradients)
        let explanation = try Problem.computing { () throws(ComputationError) in
            try Explanation.compute(
                of: request.loss, network: network, samples: samples, dtype: request.dtype,
                mostNumbers: workspace.mostNumbers)
        }
        response.explanation =
            ExplanationWriter(
                explanation, of: request.loss, network: network, samples: samples,
                in: Language(preferredBy: call.head.fields.values(of: "accept-language"))
            ).written
        return response
    }

    /// How many numbers are explained at most: nobody reads more.
    private static let mostExplained = 4096

    private static func refuseToExplain(_ numbers: Int) throws(Problem) {
        guard numbers > mostExplained else { return }
        throw Problem(
            .tooMuchWork,
            "explaining this takes \(numbers) numbers (parameters, and what each sample makes of "
                + "them), but at most \(mostExplained) are explained", pointer: "/include")
    }

    init(_ gradients: consuming Gradients) {
        self.init(
            loss: gradients.loss, gradients: gradients.layers, samples: gradients.samples,
            dtype: gradients.dtype)
        outputs = gradients.outputs
        activations = gradients.activations
        inputGradients = gradients.inputGradients
        perSampleGradients = gradients.perSampleGradients
        hessianVectorProduct = gradients.hessianVectorProduct
        norms = gradients.norms.map { norms in
            Norms(
                global: norms.global,
                layers: norms.layers.map { Norms.Layer(weights: $0.weights, bias: $0.bias) })
        }
    }
}

extension Problem {
    /// Runs a computation and gives what it throws as a problem.
    static func computing<Value>(
        _ body: () throws(ComputationError) -> Value
    ) throws(Problem) -> Value {
        do {
            return try body()
        } catch {
            throw Problem(error)
        }
    }

    /// Tells what kept a computation from its end.
    init(_ error: ComputationError) {
        switch error {
        case .invalid(let error): self.init(error)
        case .nonFinite(let error):
            self.init(
                .nonFinite, error.detail,
                pointer: error.layer.map { "/network/layers/\($0)" })
        case .cancelled: self.init(.cancelled, "the caller went away")
        }
    }
}
