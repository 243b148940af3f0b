/// The function being differentiated: layers, each reading the one before it.
public struct Network: Sendable, Equatable {
    /// The shape of one sample's inputs: [features].
    public let inputShape: Shape
    /// The layers, first to last; at least one.
    public let layers: [Layer]

    /// Makes a network whose layers fit one another.
    ///
    /// - Parameters:
    ///   - inputShape: The shape of one sample; may be nil when the first layer's weights say it.
    ///   - layers: At least one, named uniquely where named.
    /// - Throws: `InvalidValue` pointing at the layer or the tensor that doesn't fit.
    public init(inputShape: Shape? = nil, layers: [Layer]) throws(InvalidValue) {
        guard let first = layers.first else {
            throw InvalidValue(.inconsistent, "a network has at least one layer", at: "/layers")
        }
        if let inputShape {
            guard inputShape.count == 1, inputShape[0] > 0 else {
                throw InvalidValue(
                    .outOfRange, "input_shape is \(inputShape), but must be one length above 0",
                    at: "/input_shape")
            }
            self.inputShape = inputShape
        } else if case .dense(let dense) = first.operation, let inputs = dense.inputs {
            self.inputShape = [inputs]
        } else {
            throw InvalidValue(
                .inconsistent,
                "input_shape is missing, and the first layer has no weights to tell it",
                at: "/layers/0")
        }
        self.layers = layers
        try checkWidths()
        try checkNames()
    }

    /// The shape of one sample's outputs: [units of the last layer].
    public var outputShape: Shape { [widths[layers.count]] }

    /// The number of values between layers: `widths[l]` enter layer l, `widths[l + 1]` leave it.
    public var widths: [Int] {
        inputShape
            + layers.map { layer in
                switch layer.operation {
                case .dense(let dense): dense.units
                }
            }
    }

    /// How many numbers are learned; `Int.max` when there are more than that.
    public var parameterCount: Int {
        let widths = self.widths
        var count = 0
        for (index, layer) in layers.enumerated() {
            switch layer.operation {
            case .dense(let dense):
                let (weights, isTooMany) = dense.units.multipliedReportingOverflow(
                    by: widths[index])
                let (sum, isTooLarge) = count.addingReportingOverflow(weights)
                guard !isTooMany, !isTooLarge, sum < .max - dense.units else { return .max }
                count = sum + (dense.usesBias ? dense.units : 0)
            }
        }
        return count
    }

    /// The index of the first layer whose numbers are still to be drawn, or nil when it has them all.
    public var firstLayerWithoutNumbers: Int? {
        layers.firstIndex { layer in
            switch layer.operation {
            case .dense(let dense):
                if case .drawn = dense.parameters { true } else { false }
            }
        }
    }

    private func checkWidths() throws(InvalidValue) {
        var width = inputShape[0]
        for (index, layer) in layers.enumerated() {
            guard case .dense(let dense) = layer.operation else { continue }
            let given = width
            width = dense.units
            guard let inputs = dense.inputs, inputs != given else { continue }
            let source = index == 0 ? "input_shape has" : "layer \(index - 1) gives"
            let noun = index == 0 ? "inputs" : "outputs"
            throw InvalidValue(
                .shapeMismatch,
                "weights has \(inputs) columns, but \(source) \(given) \(noun)",
                at: "/layers/\(index)/weights")
        }
    }

    private func checkNames() throws(InvalidValue) {
        var seen: Set<String> = []
        for (index, layer) in layers.enumerated() {
            guard let name = layer.name else { continue }
            guard seen.insert(name).inserted else {
                throw InvalidValue(
                    .inconsistent, "two layers are named \(name); names are unique in a network",
                    at: "/layers/\(index)/name")
            }
        }
    }
}
