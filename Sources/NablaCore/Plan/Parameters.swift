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

extension Memory {
    /// Writes a network's parameters into the flat buffer, drawing those it doesn't have.
    ///
    /// - Throws: `nonFinite` for NaN and infinity.
    mutating func setParameters(
        of network: Network, _ plan: Plan<S>, drawingFrom generator: inout Generator
    ) throws(ComputationError) {
        parameters.removeAll(keepingCapacity: true)
        parameters.reserveCapacity(plan.parameterCount)
        for (index, layer) in network.layers.enumerated() {
            guard case .dense(let dense) = layer.operation,
                case .dense(let planned) = plan.operations[index]
            else { continue }
            switch dense.parameters {
            case .given(let weights, let bias):
                try append(weights, "weights", index)
                if let bias { try append(bias, "bias", index) }
            case .drawn(let initializer, _):
                for _ in planned.weights {
                    parameters.append(
                        S(
                            initializer.draw(
                                inputs: planned.inputs, units: planned.units, from: &generator)))
                }
                for _ in planned.bias ?? 0..<0 { parameters.append(0) }
            }
        }
    }

    private mutating func append(
        _ tensor: Tensor, _ name: String, _ layer: Int
    ) throws(ComputationError) {
        let values = tensor.values(as: S.self)
        try requireFinite(values, width: 1, tensor: name, layer: layer)
        parameters.append(contentsOf: values)
    }
}

extension Initializer {
    /// Draws one weight of a layer with so many inputs and units; formulas at the cases.
    func draw(inputs: Int, units: Int, from generator: inout Generator) -> Double {
        let (fanIn, fanOut) = (Double(inputs), Double(units))
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
        case .normal: return normal(0.05 * 0.05)
        case .uniform: return uniform(0.05)
        }
    }
}
