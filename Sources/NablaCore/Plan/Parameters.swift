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
        let place: NonFinite? = parameters.withPointer { parameters in
            guard let parameters else { return nil }
            var areFinite = true
            for index in network.layers.indices {
                let part = plan.layers[index].parameters
                let place = parameters + part.offset
                let panels = plan.panels(ofLayer: index)
                var known = 0
                if let isFinite = network.copyDenseWeights(index, panels, to: place) {
                    network.copyDenseBias(index, to: place + part.weightCount)
                    if isFinite { known = part.weightCount }
                } else {
                    network.copy(index, part, to: place, drawingFrom: &generator)
                    panels?.arrange(place)
                }
                if !Finiteness.holds(place + known, count: part.count &- known) {
                    areFinite = false
                }
            }
            return areFinite ? nil : plan.firstNonFinite(parameters)
        }
        if let place { throw .nonFinite(place) }
        if plan.sizes.statistics > 0 { setStatistics(of: network, plan) }
    }

    /// Writes the numbers in those ranges, which together are all parameters, weights row by row, and
    /// the network's running statistics.
    mutating func setParameters(
        _ numbers: [S], at ranges: [Range<Int>], of network: Network, _ plan: Plan<S>
    ) {
        reserve(parameters: plan.parameterCount)
        parameters.withPointer { parameters in
            numbers.withUnsafeBufferPointer { numbers in
                guard var place = parameters, let start = numbers.baseAddress
                else { return }
                for range in ranges {
                    place.update(from: start + range.lowerBound, count: range.count)
                    place += range.count
                }
            }
            for index in plan.layers.indices {
                guard let parameters, let panels = plan.panels(ofLayer: index) else { continue }
                panels.arrange(parameters + plan.layers[index].parameters.offset)
            }
        }
        if plan.sizes.statistics > 0 { setStatistics(of: network, plan) }
    }

    /// The weights of a layer as tensors have them, row by row.
    func weights(ofLayer index: Int, _ plan: Plan<S>) -> [S] {
        let weights = parameters[plan.layers[index].parameters.weights]
        return plan.panels(ofLayer: index)?.rows(of: weights) ?? weights
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
}

extension Network {
    // Two functions that do nothing else meanwhile: so the compiler copies no layer.

    /// Writes W of a dense layer that has numbers, in panels or row by row.
    ///
    /// - Returns: Whether the weights are known to be finite; nil for any other layer.
    fileprivate func copyDenseWeights<S: FloatingReal>(
        _ index: Int, _ panels: DensePanels?, to place: UnsafeMutablePointer<S>
    ) -> Bool? {
        guard case .dense(let dense) = layers[index].operation, let weights = dense.weights
        else { return nil }
        guard let panels else {
            weights.copy(to: place)
            return false
        }
        return weights.values(as: S.self).withUnsafeBufferPointer { rows in
            rows.baseAddress.map { panels.arrange($0, into: place) } ?? false
        }
    }

    /// Writes b of a dense layer that has one.
    fileprivate func copyDenseBias<S: FloatingReal>(
        _ index: Int, to place: UnsafeMutablePointer<S>
    ) {
        guard case .dense(let dense) = layers[index].operation, let bias = dense.bias
        else { return }
        bias.copy(to: place)
    }

    /// Writes the numbers of any layer, W before b, or draws them.
    fileprivate func copy<S: FloatingReal>(
        _ index: Int, _ part: ParameterPlan, to place: UnsafeMutablePointer<S>,
        drawingFrom generator: inout Generator
    ) {
        switch layers[index].parameters {
        case nil: return
        case .given(let weights, let bias):
            weights.copy(to: place)
            bias?.copy(to: place + part.weightCount)
        case .drawn(let initializer, _):
            guard let shapes = parameterShapes(ofLayer: index) else { return }
            for index in 0..<part.weightCount {
                place[index] = S(initializer.draw(shapes, from: &generator))
            }
            (place + part.weightCount).update(repeating: 0, count: part.biasCount)
        }
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
