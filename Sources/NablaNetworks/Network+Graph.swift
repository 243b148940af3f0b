extension Network {
    /// The name that stands for the network's own inputs.
    static let inputName = "input"

    /// Finds what each layer reads; empty for a chain.
    ///
    /// - Throws: `InvalidValue` for names that are there twice or not before the layer, and for a
    ///   layer that nobody reads.
    static func graph(of layers: [Layer]) throws(InvalidValue) -> [[Source]] {
        // By index, which copies no layer: most networks are chains without names.
        let isPlain = layers.indices.allSatisfy {
            layers[$0].name == nil && layers[$0].inputs == nil && !layers[$0].merges
        }
        if isPlain { return [] }
        var indices: [String: Int] = [:]
        var graph: [[Source]] = []
        for (index, layer) in layers.enumerated() {
            graph.append(
                try checked(under: "/layers/\(index)") { () throws(InvalidValue) in
                    try sources(of: layer, at: index, indices)
                })
            guard let name = layer.name else { continue }
            guard name != inputName else {
                throw InvalidValue(
                    .inconsistent, "input is the name of the network's inputs, not of a layer",
                    at: "/layers/\(index)/name")
            }
            guard indices.updateValue(index, forKey: name) == nil else {
                throw InvalidValue(
                    .inconsistent, "two layers are named \(name); names are unique in a network",
                    at: "/layers/\(index)/name")
            }
        }
        let isChain = graph.indices.allSatisfy { graph[$0] == [Source(before: $0)] }
        if isChain && !layers.contains(where: \.merges) { return [] }
        let read = Set(graph.joined().lazy.map { $0 == .input ? -1 : $0.index })
        if let idle = layers.indices.dropLast().first(where: { !read.contains($0) }) {
            throw InvalidValue(
                .inconsistent,
                "no layer reads layer \(idle), and it isn't the last, which gives the outputs",
                at: "/layers/\(idle)")
        }
        return graph
    }

    private static func sources(
        of layer: Layer, at index: Int, _ indices: [String: Int]
    ) throws(InvalidValue) -> [Source] {
        guard let names = layer.inputs else {
            guard !layer.merges else {
                throw InvalidValue(
                    .inconsistent, "\(layer.typeName) needs inputs: the names of what it reads")
            }
            return [Source(before: index)]
        }
        guard layer.merges ? !names.isEmpty : names.count == 1 else {
            throw InvalidValue(
                .inconsistent,
                "\(layer.typeName) reads \(layer.merges ? "at least one input" : "one input"), but "
                    + "inputs names \(names.count)",
                at: "/inputs")
        }
        var sources: [Source] = []
        for (position, name) in names.enumerated() {
            if name == inputName {
                sources.append(.input)
            } else if let source = indices[name] {
                sources.append(.layer(source))
            } else {
                throw InvalidValue(
                    .inconsistent,
                    "there is no layer \(name) before this one; inputs names layers before it, or "
                        + "input for the network's own",
                    at: "/inputs/\(position)")
            }
        }
        return sources
    }

    /// The shape of a layer's activations, from those of the layers before it.
    static func outputShape(
        of layers: [Layer], _ index: Int, _ inputShape: Shape, _ shapes: [Shape],
        _ graph: [[Source]]
    ) throws(InvalidValue) -> Shape {
        do throws(InvalidValue) {
            let source = graph.isEmpty ? Source(before: index) : graph[index][0]
            let input = source == .input ? inputShape : shapes[source.index]
            // Most layers are dense, and fit.
            if input.count == 1, let (inputs, units) = layers[index].denseWidths,
                inputs == nil || inputs == input[0]
            {
                return Shape(units)
            }
            guard layers[index].merges else {
                return try layers[index].outputShape(reading: input, from: source)
            }
            let others = graph[index].map { $0 == .input ? inputShape : shapes[$0.index] }
            return try layers[index].outputShape(merging: others, from: graph[index])
        } catch {
            throw error.under("/layers/\(index)")
        }
    }
}

extension Source {
    /// The layer's index; −1 for the network's inputs.
    var index: Int {
        switch self {
        case .input: -1
        case .layer(let index): index
        }
    }
}

extension Layer {
    /// The widths of a dense layer, the inputs where its weights say so; nil for any other layer.
    ///
    /// Read without a copy of its tensors, which a layer that is bound or passed on costs.
    @inline(__always)
    var denseWidths: (inputs: Int?, units: Int)? {
        guard case .dense(let dense) = operation else { return nil }
        return (dense.inputs, dense.units)
    }

    /// The shape of what it gives when it reads an input of that shape.
    fileprivate func outputShape(
        reading input: Shape, from source: Source
    ) throws(InvalidValue) -> Shape {
        switch operation {
        case .dense(let dense): return try dense.outputShape(reading: input, from: source)
        case .conv2d(let convolution):
            return try convolution.outputShape(reading: input, from: source)
        case .embedding(let embedding):
            return try embedding.outputShape(reading: input, from: source)
        case .batchNormalization(let normalization):
            return try normalization.outputShape(reading: input, from: source)
        case .layerNormalization(let normalization):
            return try normalization.outputShape(reading: input, from: source)
        case .maxPool2d(let pooling), .averagePool2d(let pooling):
            return try pooling.window.output(of: input, from: source)
        case .activation, .dropout, .add, .multiply, .concatenate: return input
        case .flatten:
            guard let size = input.size, size <= Network.mostNumbers else {
                throw InvalidValue(.outOfRange, "the shape \(input) holds too many numbers")
            }
            return Shape(size)
        case .reshape(let shape):
            guard let size = shape.size, size == input.size else {
                throw InvalidValue(
                    .shapeMismatch,
                    "shape is \(shape), but \(source.gives) the shape \(input), which holds "
                        + "another count of numbers",
                    at: "/shape")
            }
            return shape
        }
    }

    /// The shape of what it gives when it merges inputs of those shapes.
    fileprivate func outputShape(
        merging inputs: [Shape], from sources: [Source]
    ) throws(InvalidValue) -> Shape {
        let first = inputs[0]
        guard operation == .concatenate else {
            if let odd = inputs.firstIndex(where: { $0 != first }) {
                throw mismatch(odd, "are the same", inputs)
            }
            return first
        }
        var length = 0
        for (index, shape) in inputs.enumerated() {
            guard shape.count == first.count, shape.dropFirst().elementsEqual(first.dropFirst())
            else { throw mismatch(index, "differ along the first axis alone", inputs) }
            length += shape[0]
        }
        return try Shape([length] + first.dropFirst())
    }

    private func mismatch(_ index: Int, _ rule: String, _ inputs: [Shape]) -> InvalidValue {
        InvalidValue(
            .shapeMismatch,
            "\(typeName) reads shapes that \(rule), but input 0 has \(inputs[0]) and input "
                + "\(index) \(inputs[index])",
            at: "/inputs/\(index)")
    }
}
