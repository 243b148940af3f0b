public import NablaNetworks

extension Network {
    /// Where the description of the layers stands among a file's texts.
    private static let metadataKey = "network"

    /// The network as named tensors.
    ///
    /// The names are PyTorch's for the parameters of layer i of a list `layers`: `layers.i.weight`,
    /// `layers.i.bias`, and for a batch normalisation `layers.i.running_mean` and `layers.i.running_var`.
    /// The layers themselves are described as JSON in the metadata, under `network`.
    public func safetensors() -> Safetensors {
        var tensors: [(name: String, tensor: Tensor)] = []
        for (index, layer) in layers.enumerated() {
            let prefix = "layers.\(index)."
            if case .given(let weights, let bias) = layer.parameters {
                tensors.append((prefix + "weight", weights))
                if let bias { tensors.append((prefix + "bias", bias)) }
            }
            if let statistics = layer.statistics {
                tensors.append((prefix + "running_mean", statistics.mean))
                tensors.append((prefix + "running_var", statistics.variance))
            }
        }
        let description = String(decoding: json(numbers: false), as: UTF8.self)
        return Safetensors(tensors, metadata: [Network.metadataKey: description])
    }

    /// A network out of named tensors: one that `safetensors()` gave or, where the metadata doesn't describe
    /// the layers, a chain of dense layers in the order of the numbers in the tensors' names.
    ///
    /// - Parameters:
    ///   - file: The tensors.
    ///   - activations: What follows the dense layers that the metadata doesn't describe, one for each;
    ///     nil for the identity everywhere.
    /// - Throws: `Problem` for tensors that don't fit the layers or belong to none.
    public init(_ file: Safetensors, activations: [Activation]? = nil) throws(Problem) {
        guard let description = file.metadata[Network.metadataKey] else {
            self = try Network(denseIn: file, activations: activations)
            return
        }
        guard activations == nil else {
            throw Problem(
                .invalidParameter, "activations are for files whose metadata has no network")
        }
        let described = try Network(parsing: Array(description.utf8), as: .float32)
        var used = 0
        func take(_ name: String) -> Tensor? {
            let tensor = file[name]
            if tensor != nil { used += 1 }
            return tensor
        }
        var layers: [Layer] = []
        for (index, layer) in described.layers.enumerated() {
            let prefix = "layers.\(index)."
            var (weights, bias) = (take(prefix + "weight"), take(prefix + "bias"))
            let (mean, variance) = (take(prefix + "running_mean"), take(prefix + "running_var"))
            // Statistics may come without γ and β, which are 1 and 0 then.
            if weights == nil, bias == nil, let mean {
                weights = Network.filled(like: mean, with: 1)
                if layer.parameters?.usesBias == true { bias = Network.filled(like: mean, with: 0) }
            }
            guard let weights else {
                layers.append(layer)
                continue
            }
            layers.append(
                try Network.inLayer(index) { () throws(InvalidValue) in
                    var statistics: RunningStatistics?
                    if let mean, let variance {
                        statistics = try RunningStatistics(mean: mean, variance: variance)
                    }
                    return try layer.with(weights: weights, bias: bias, statistics: statistics)
                })
        }
        guard used == file.tensors.count else {
            throw Problem(
                .inconsistent,
                "\(file.tensors.count - used) of the file's tensors belong to no layer of its network"
            )
        }
        self = try Network.making { () throws(InvalidValue) in
            try Network(inputShape: described.inputShape, layers: layers)
        }
    }

    private init(denseIn file: Safetensors, activations: [Activation]?) throws(Problem) {
        var parts: [Int: (weights: Tensor?, bias: Tensor?)] = [:]
        for (name, tensor) in file.tensors {
            var words = name.split(separator: ".", omittingEmptySubsequences: false)
            if words.count == 3, words[0] == "layers" { words.removeFirst() }
            guard words.count == 2, let index = Int(words[0]), index >= 0,
                words[1] == "weight" || words[1] == "bias"
            else {
                throw Problem(
                    .inconsistent,
                    "the tensor \(name) belongs to no dense layer: names must be like layers.0.weight "
                        + "and layers.0.bias, or the metadata must describe the network")
            }
            if words[1] == "weight" {
                parts[index, default: (nil, nil)].weights = tensor
            } else {
                parts[index, default: (nil, nil)].bias = tensor
            }
        }
        let ordered = parts.sorted { $0.key < $1.key }
        if let activations, activations.count != ordered.count {
            throw Problem(
                .invalidParameter,
                "there are \(activations.count) activations, but \(ordered.count) dense layers")
        }
        var layers: [Layer] = []
        for (place, (index, part)) in ordered.enumerated() {
            guard let weights = part.weights else {
                throw Problem(.inconsistent, "there is layers.\(index).bias, but no weight")
            }
            layers.append(
                try Network.inLayer(place) { () throws(InvalidValue) in
                    Layer(
                        .dense(
                            try Dense(
                                weights: weights, bias: part.bias,
                                activation: activations?[place] ?? .identity)))
                })
        }
        self = try Network.making { () throws(InvalidValue) in try Network(layers: layers) }
    }

    private static func filled(like tensor: Tensor, with value: Float) -> Tensor {
        switch tensor.numbers {
        case .float32(let values): Tensor(values.map { _ in value })
        case .float64(let values): Tensor(values.map { _ in Double(value) })
        }
    }

    private static func inLayer(
        _ index: Int, _ body: () throws(InvalidValue) -> Layer
    ) throws(Problem) -> Layer {
        do {
            return try body()
        } catch {
            throw Problem(error.under("/layers/\(index)"))
        }
    }

    private static func making(
        _ body: () throws(InvalidValue) -> Network
    ) throws(Problem) -> Network {
        do {
            return try body()
        } catch {
            throw Problem(error)
        }
    }
}

extension Tensor {
    /// The same numbers as float32 where every one of them is exactly that, else as they are: how what came
    /// as JSON is kept in as few bytes as it needs.
    public var narrowed: Tensor {
        guard case .float64(let values) = numbers,
            values.allSatisfy({ Double(Float($0)) == $0 })
        else { return self }
        return converted(to: .float32)
    }
}

extension Network {
    /// The same network with its tensors narrowed.
    public func narrowed() throws(Problem) -> Network {
        var narrow: [Layer] = []
        for (index, layer) in layers.enumerated() {
            guard case .given(let weights, let bias) = layer.parameters else {
                narrow.append(layer)
                continue
            }
            narrow.append(
                try Network.inLayer(index) { () throws(InvalidValue) in
                    var statistics: RunningStatistics?
                    if let given = layer.statistics {
                        statistics = try RunningStatistics(
                            mean: given.mean.narrowed, variance: given.variance.narrowed)
                    }
                    return try layer.with(
                        weights: weights.narrowed, bias: bias?.narrowed, statistics: statistics)
                })
        }
        let shape = inputShape
        return try Network.making { () throws(InvalidValue) in
            try Network(inputShape: shape, layers: narrow)
        }
    }
}
