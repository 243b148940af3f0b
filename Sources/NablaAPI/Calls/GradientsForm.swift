public import NablaNetworks
import NablaJSON

/// What bodies of `POST /gradients` have in common that differ in the numbers of tensors alone.
public struct GradientsForm: Sendable {
    /// What all of them ask for, with the numbers of one of them.
    public let request: GradientsRequest
    /// How many numbers the parameters are.
    public let parameterCount: Int
    private let form: JSONForm
    /// Where the parameters are among the numbers, layer by layer, weights before the bias; what stands
    /// together as one.
    private let parameters: [Range<Int>]
    private let inputs: Range<Int>
    private let targets: Range<Int>
    private let weights: Range<Int>?
    private let samples: Samples

    /// Makes the form of a request.
    ///
    /// - Parameters:
    ///   - request: What was read of the text.
    ///   - text: The request's body.
    /// - Returns: Nil where the request has no network or samples of its own, or has tensors that aren't
    ///   written as nested arrays.
    public init?(of request: GradientsRequest, text: [UInt8]) {
        guard case .inline = request.network, let samples = request.samples.inline,
            let arrays = try? Arrays(of: JSONDocument(parsing: text).root)
        else { return nil }
        self.request = request
        self.samples = samples
        form = JSONForm(
            of: text,
            opening: arrays.parameters + [arrays.inputs, arrays.targets]
                + (arrays.weights.map { [$0] } ?? []))
        let count = arrays.parameters.count
        parameterCount = form.ranges[..<count].reduce(0) { $0 + $1.count }
        parameters = form.ranges[..<count].reduce(into: []) { parts, range in
            if let last = parts.last, last.upperBound == range.lowerBound {
                parts[parts.count - 1] = last.lowerBound..<range.upperBound
            } else {
                parts.append(range)
            }
        }
        inputs = form.ranges[count]
        targets = form.ranges[count + 1]
        weights = arrays.weights == nil ? nil : form.ranges[count + 2]
    }

    /// Reads the numbers of a body.
    ///
    /// - Returns: The parameters, layer by layer, weights row by row before the bias, and the samples, in
    ///   the request's number type; nil for a body of another form, and for one that only reading it as a
    ///   whole tells what is wrong with.
    public func read(_ text: [UInt8]) -> (parameters: Tensor.Numbers, samples: Samples)? {
        switch request.dtype {
        case .float32: read(text, as: Float.self)
        case .float64: read(text, as: Double.self)
        }
    }

    @inline(__always)
    private func read<N: Scalar & JSONNumber>(
        _ text: [UInt8], as type: N.Type
    ) -> (parameters: Tensor.Numbers, samples: Samples)? {
        form.read(text, as: type) { numbers in
            func tensor(_ range: Range<Int>, like other: Tensor) -> Tensor? {
                try? Tensor(
                    Array(UnsafeBufferPointer(rebasing: numbers[range])), shape: other.shape)
            }
            guard let inputs = tensor(inputs, like: samples.inputs),
                let targets = tensor(targets, like: samples.targets)
            else { return nil }
            var weights: Tensor?
            if let range = self.weights, let known = samples.weights {
                weights = tensor(range, like: known)
            }
            guard let samples = try? Samples(inputs: inputs, targets: targets, weights: weights)
            else { return nil }
            var values: [N] = []
            values.reserveCapacity(parameterCount)
            for range in parameters { values += UnsafeBufferPointer(rebasing: numbers[range]) }
            return (N.wrap(values), samples)
        }
    }
}

/// The arrays of numbers that a request's tensors are.
private struct Arrays {
    var parameters: [JSONValue] = []
    let inputs: JSONValue
    let targets: JSONValue
    var weights: JSONValue?

    /// Finds them in a request that was read before.
    ///
    /// - Throws: `JSONError` where a tensor is no array.
    init(of request: JSONValue) throws(JSONError) {
        let request = try request.anyObject()
        let samples = try request.required("samples").anyObject()
        inputs = try Arrays.array(samples.required("inputs"))
        targets = try Arrays.array(samples.required("targets"))
        if let weights = samples["weights"], !weights.isNull {
            self.weights = try Arrays.array(weights)
        }
        let network = try request.required("network").anyObject()
        for layer in try network.required("layers").array() {
            let layer = try layer.anyObject()
            for name in ["weights", "bias"] as [StaticString] {
                guard let tensor = layer[name], !tensor.isNull else { continue }
                parameters.append(try Arrays.array(tensor))
            }
        }
    }

    private static func array(_ value: JSONValue) throws(JSONError) -> JSONValue {
        try value.array().value
    }
}
