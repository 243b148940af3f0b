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

/// Numbers one after another that are parameters one after another.
struct ParameterPiece: Sendable {
    /// Where the first number is.
    let first: Int
    /// Which parameters they are.
    let part: Range<Int>
    /// The panels they come to lie in, where they are all weights of a layer that has such.
    let panels: DensePanels?

    /// Cuts ranges of numbers, which together are all parameters, where tensors end.
    static func pieces<S: Real>(of ranges: [Range<Int>], _ plan: Plan<S>) -> [ParameterPiece] {
        let tensors = plan.layers.enumerated().flatMap { index, layer in
            let (weights, bias) = (layer.parameters.weights, layer.parameters.bias)
            return [(weights, plan.panels(ofLayer: index)), (bias, nil)]
        }
        var pieces: [ParameterPiece] = []
        var parameter = 0
        for range in ranges {
            var first = range.lowerBound
            while first < range.upperBound,
                let (tensor, panels) = tensors.first(where: { $0.0.contains(parameter) })
            {
                let count = min(range.upperBound - first, tensor.upperBound - parameter)
                let part = parameter..<parameter + count
                pieces.append(
                    ParameterPiece(
                        first: first, part: part, panels: part == tensor ? panels : nil))
                (first, parameter) = (first + count, part.upperBound)
            }
        }
        return pieces
    }
}

extension Memory where S: FloatingReal {
    /// Writes a network's parameters into the flat buffer, drawing those it doesn't have, and its
    /// running statistics; a team shares bringing weights into panels.
    ///
    /// - Throws: `nonFinite` for NaN and infinity.
    mutating func setParameters(
        of network: Network, _ plan: Plan<S>, drawingFrom generator: inout Generator,
        _ team: Team? = nil
    ) throws(ComputationError) {
        reserve(parameters: plan.parameterCount)
        reserve(gradients: plan.parameterCount)
        let place: NonFinite? = parameters.withPointer { parameters in
            gradients.withPointer { gradients in
                guard let parameters, let gradients else { return nil }
                return Memory.write(
                    network, plan, to: parameters, by: gradients, drawingFrom: &generator, team)
            }
        }
        if let place { throw .nonFinite(place) }
        if plan.sizes.statistics > 0 { setStatistics(of: network, plan) }
    }

    /// Writes a network's parameters to `place`; `spare` is written, too.
    ///
    /// - Returns: The first layer and tensor that isn't finite, or nil.
    @inline(__always)
    private static func write(
        _ network: Network, _ plan: Plan<S>, to place: UnsafeMutablePointer<S>,
        by spare: UnsafeMutablePointer<S>, drawingFrom generator: inout Generator, _ team: Team?
    ) -> NonFinite? {
        var areFinite = true
        for index in network.layers.indices {
            let part = plan.layers[index].parameters
            let target = place + part.offset
            let panels = plan.panels(ofLayer: index)
            var known = 0
            if let isFinite = network.copyDenseWeights(index, panels, to: target, by: spare, team) {
                network.copyDenseBias(index, to: target + part.weightCount)
                if isFinite { known = part.weightCount }
            } else {
                network.copy(index, part, to: target, drawingFrom: &generator)
                panels?.arrange(target, team)
            }
            if !Finiteness.holds(target + known, count: part.count &- known) { areFinite = false }
        }
        return areFinite ? nil : plan.firstNonFinite(place)
    }

    /// Writes numbers that are parameters, weights row by row, and the network's running statistics; a
    /// team shares bringing weights into panels.
    mutating func setParameters(
        _ numbers: UnsafePointer<S>, _ pieces: [ParameterPiece], of network: Network,
        _ plan: Plan<S>, _ team: Team?
    ) {
        reserve(parameters: plan.parameterCount)
        parameters.withPointer { parameters in
            guard let parameters else { return }
            for piece in pieces {
                let (rows, place) = (numbers + piece.first, parameters + piece.part.lowerBound)
                if let panels = piece.panels {
                    panels.arrange(rows, into: place, team)
                } else {
                    place.update(from: rows, count: piece.part.count)
                }
            }
            for index in plan.layers.indices {
                let weights = plan.layers[index].parameters.weights
                guard let panels = plan.panels(ofLayer: index),
                    !pieces.contains(where: { $0.part == weights })
                else { continue }
                panels.arrange(parameters + weights.lowerBound, team)
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
    /// Writes the numbers of all layers of a small chain, which has them.
    @inline(__always)
    func copySmallChain<S: FloatingReal>(_ plan: Plan<S>, to parameters: UnsafeMutablePointer<S>) {
        for index in 0..<plan.layers.count {
            let part = plan.layers[index].parameters
            let place = parameters + part.offset
            guard case .dense(let dense) = layers[index].operation else { continue }
            let (weights, bias) = (dense.weights?.numbers, dense.bias?.numbers)
            if let weights { S.copy(weights, to: place) }
            if let bias { S.copy(bias, to: place + part.weightCount) }
        }
    }

    // Two functions that do nothing else meanwhile: so the compiler copies no layer.

    /// Writes W of a dense layer that has numbers, in panels or row by row; numbers of another type are
    /// rounded into `spare` before they are brought into panels.
    ///
    /// - Returns: Whether the weights are known to be finite; nil for any other layer.
    fileprivate func copyDenseWeights<S: FloatingReal>(
        _ index: Int, _ panels: DensePanels?, to place: UnsafeMutablePointer<S>,
        by spare: UnsafeMutablePointer<S>, _ team: Team?
    ) -> Bool? {
        guard case .dense(let dense) = layers[index].operation, let weights = dense.weights
        else { return nil }
        guard let panels else {
            weights.copy(to: place)
            return false
        }
        guard weights.dtype == S.dtype else {
            weights.copy(to: spare)
            return panels.arrange(spare, into: place, team)
        }
        return weights.values(as: S.self).withUnsafeBufferPointer { rows in
            rows.baseAddress.map { panels.arrange($0, into: place, team) } ?? false
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
