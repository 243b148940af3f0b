public import NablaJSON
public import NablaNetworks

/// What bodies of `POST /gradients` have in common that differ in the numbers of tensors alone, and
/// what their answers do.
public final class GradientsForm: Sendable {
    /// Which of the numbers read are the parameters: layer by layer, weights row by row before the bias,
    /// what stands together as one range.
    public let parameters: [Range<Int>]
    /// Which are the samples' inputs.
    public let inputs: Range<Int>
    /// Which are the samples' targets.
    public let targets: Range<Int>
    /// Which are the samples' weights, where they have any.
    public let weights: Range<Int>?
    /// What the request is computed in.
    public let dtype: DType
    @usableFromInline let request: JSONForm
    @usableFromInline let response: JSONForm

    /// Makes the form of a request; nil where the request has no network or samples of its own, asks for
    /// more than loss and gradients, or has tensors that aren't written as nested arrays.
    ///
    /// - Parameters:
    ///   - request: What was read of the text.
    ///   - text: The request's body.
    ///   - answer: The answer's body.
    public init?(of request: GradientsRequest, text: [UInt8], answer: [UInt8]) {
        guard case .inline = request.network, request.samples.inline != nil,
            request.encoding == .json, request.include.isEmpty,
            let document = try? JSONDocument(parsing: text),
            let arrays = try? Arrays(ofRequest: document.root),
            let answered = try? JSONDocument(parsing: answer),
            let results = try? Arrays.results(of: answered.root)
        else { return nil }
        dtype = request.dtype
        let samples = [arrays.inputs, arrays.targets] + (arrays.weights.map { [$0] } ?? [])
        self.request = JSONForm(of: text, opening: arrays.parameters + samples)
        response = JSONForm(of: answer, opening: results)
        let ranges = self.request.ranges
        let count = arrays.parameters.count
        parameters = ranges[..<count].reduce(into: []) { parts, range in
            if let last = parts.last, last.upperBound == range.lowerBound {
                parts[parts.count - 1] = last.lowerBound..<range.upperBound
            } else {
                parts.append(range)
            }
        }
        inputs = ranges[count]
        targets = ranges[count + 1]
        weights = arrays.weights == nil ? nil : ranges[count + 2]
    }

    /// Reads the numbers of a body.
    ///
    /// - Parameters:
    ///   - text: A body.
    ///   - type: That of `dtype`.
    ///   - body: Gets the numbers.
    /// - Returns: Whether `body` was called: not for a body of another form, and not for one that must be read
    ///   as a whole.
    @inlinable
    public func withNumbers<N: JSONNumber>(
        of text: [UInt8], as type: N.Type, _ body: (Span<N>) -> Void
    ) -> Bool {
        request.withNumbers(of: text, as: type, body)
    }

    /// Writes an answer.
    ///
    /// - Parameter numbers: The loss, and the gradients that were asked for, layer by layer, weights row by
    ///   row before the bias.
    /// - Returns: What `GradientsResponse.json` gives.
    @inlinable
    public func answer<N: JSONNumber>(_ numbers: Span<N>) -> [UInt8] {
        response.text(with: numbers)
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
    init(ofRequest request: JSONValue) throws(JSONError) {
        let request = try request.anyObject()
        let samples = try request.required("samples").anyObject()
        inputs = try Arrays.array(samples.required("inputs"))
        targets = try Arrays.array(samples.required("targets"))
        if let weights = samples["weights"], !weights.isNull {
            self.weights = try Arrays.array(weights)
        }
        let network = try request.required("network").anyObject()
        parameters = try Arrays.tensors(of: network.required("layers"))
    }

    /// The loss and the gradients of an answer.
    static func results(of response: JSONValue) throws(JSONError) -> [JSONValue] {
        let response = try response.anyObject()
        return [try response.required("loss")]
            + (try tensors(of: response.required("gradients")))
    }

    /// The weights and biases of layers that have any.
    private static func tensors(of layers: JSONValue) throws(JSONError) -> [JSONValue] {
        var tensors: [JSONValue] = []
        for layer in try layers.array() where !layer.isNull {
            let layer = try layer.anyObject()
            for name in ["weights", "bias"] as [StaticString] {
                guard let tensor = layer[name], !tensor.isNull else { continue }
                tensors.append(try array(tensor))
            }
        }
        return tensors
    }

    private static func array(_ value: JSONValue) throws(JSONError) -> JSONValue {
        try value.array().value
    }
}
