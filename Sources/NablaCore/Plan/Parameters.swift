import NablaNetworks

extension Network {
    /// Refuses a network with layers whose numbers are still to be drawn.
    func requireNumbers() throws(ComputationError) {
        guard let index = firstLayerWithoutNumbers else { return }
        throw .invalid(
            InvalidValue(
                .inconsistent, "layer \(index) has no weights; they are needed here",
                at: "/network/layers/\(index)"))
    }
}

extension Memory where S: FloatingReal {
    /// Writes a network's parameters into the flat buffer, drawing those it doesn't have, and its
    /// running statistics.
    ///
    /// - Throws: `nonFinite` for NaN and infinity.
    mutating func setParameters(
        of network: Network, _ plan: Plan<S>, drawingFrom generator: inout Generator
    ) throws(ComputationError) {
        reserve(parameters: plan.parameterCount)
        for index in network.layers.indices {
            let planned = plan.layers[index].parameters
            switch network.parameters(ofLayer: index) {
            case nil: continue
            case .given(let weights, let bias):
                try set(planned.weights, to: weights, "weights", index)
                if let bias { try set(planned.bias, to: bias, "bias", index) }
            case .drawn(let initializer, _):
                guard let shapes = network.parameterShapes(ofLayer: index) else { continue }
                for place in planned.weights {
                    parameters[place] = S(initializer.draw(shapes, from: &generator))
                }
                for place in planned.bias { parameters[place] = 0 }
            }
        }
        if plan.sizes.statistics > 0 { setStatistics(of: network, plan) }
    }

    private mutating func setStatistics(of network: Network, _ plan: Plan<S>) {
        statistics.removeAll(keepingCapacity: true)
        for (index, layer) in network.layers.enumerated() {
            guard case .batchNormalization(let normalization) = layer.operation,
                case .batchNormalization(let planned) = plan.layers[index].kind
            else { continue }
            if let known = normalization.statistics {
                statistics += known.mean.values(as: S.self) + known.variance.values(as: S.self)
            } else {
                let channels = planned.statisticsCount / 2
                statistics += Array(repeating: 0, count: channels)
                statistics += Array(repeating: 1, count: channels)
            }
        }
    }

    private mutating func set(
        _ part: Range<Int>, to tensor: Tensor, _ name: String, _ layer: Int
    ) throws(ComputationError) {
        let values = tensor.values(as: S.self)
        try requireFinite(values, width: 1, tensor: name, layer: layer)
        parameters.withUnsafeMutableBufferPointer { parameters in
            _ = UnsafeMutableBufferPointer(rebasing: parameters[part]).update(from: values)
        }
    }
}

extension Network {
    /// What a layer has learned or will learn; of most, which are dense, without copying the layer.
    fileprivate func parameters(ofLayer index: Int) -> LayerParameters? {
        if case .dense(let dense) = layers[index].operation { return dense.parameters }
        return layers[index].parameters
    }
}

extension Initializer {
    /// Draws one weight of a layer; formulas at the cases.
    func draw(_ shapes: ParameterShapes, from generator: inout Generator) -> Double {
        let (fanIn, fanOut) = (Double(shapes.fanIn), Double(shapes.fanOut))
        func uniform(_ limit: Double) -> Double { (2 * generator.uniform() - 1) * limit }
        func normal(_ variance: Double) -> Double { generator.normal() * variance.squareRoot() }
        switch self {
        case .glorotUniform: return uniform((6 / (fanIn + fanOut)).squareRoot())
        case .glorotNormal: return normal(2 / (fanIn + fanOut))
        case .heUniform: return uniform((6 / fanIn).squareRoot())
        case .heNormal: return normal(2 / fanIn)
        case .lecunNormal: return normal(1 / fanIn)
        case .zeros: return 0
        case .ones: return 1
        case .standardNormal: return normal(1)
        case .normal: return normal(0.05 * 0.05)
        case .uniform: return uniform(0.05)
        }
    }
}
