import NablaAPI
import NablaNetworks
import NablaStore

extension NetworkRecord {
    /// A network with numbers as the database keeps it: its layers described, its parameters in one
    /// run of bytes, layer by layer, weights before bias.
    init(_ network: Network, of runID: String, epoch: Int) {
        var bytes: [UInt8] = []
        var dtype = DType.float32
        for layer in network.layers {
            guard case .given(let weights, let bias) = layer.parameters else { continue }
            dtype = weights.dtype
            bytes += weights.littleEndianBytes
            bytes += bias?.littleEndianBytes ?? []
            // A trained batch normalisation has them.
            bytes += layer.statistics?.mean.littleEndianBytes ?? []
            bytes += layer.statistics?.variance.littleEndianBytes ?? []
        }
        self.init(
            runID: runID, epoch: epoch,
            description: String(decoding: network.json(numbers: false), as: UTF8.self),
            dtype: dtype.rawValue, parameters: bytes)
    }
}

extension Network {
    /// A network as the database has it.
    ///
    /// - Throws: `Problem` when its parts don't fit one another, as in a damaged file.
    init(_ record: NetworkRecord) throws(Problem) {
        guard let dtype = DType(rawValue: record.dtype) else {
            throw Problem(.internalError, "a stored network has the dtype \(record.dtype)")
        }
        let described: Network
        do {
            described = try Network(parsing: Array(record.description.utf8), as: dtype)
        } catch {
            // The text is the database's own, so the caller is not to blame for it.
            throw Problem(.internalError, "a stored network is damaged: \(error.detail)")
        }
        var reader = ParameterReader(bytes: record.parameters, dtype: dtype)
        do {
            let layers = try described.layers.indices.map { index throws(InvalidValue) in
                try reader.next(described.layers[index], described.parameterShapes(ofLayer: index))
            }
            self = try Network(inputShape: described.inputShape, layers: layers)
        } catch {
            throw Problem(.internalError, "a stored network is damaged: \(error.detail)")
        }
    }

    /// The same network with its numbers rounded to `dtype`.
    func converted(to dtype: DType) throws(Problem) -> Network {
        do {
            let layers = try layers.map { layer throws(InvalidValue) in
                guard case .given(let weights, let bias) = layer.parameters else { return layer }
                return try layer.with(
                    weights: weights.converted(to: dtype), bias: bias?.converted(to: dtype),
                    statistics: layer.statistics?.converted(to: dtype))
            }
            return try Network(inputShape: inputShape, layers: layers)
        } catch {
            throw Problem(error)
        }
    }
}

/// Takes tensors off a run of bytes, one after the other.
private struct ParameterReader {
    let bytes: [UInt8]
    let dtype: DType
    private var position = 0

    init(bytes: [UInt8], dtype: DType) {
        self.bytes = bytes
        self.dtype = dtype
    }

    /// Gives a described layer its numbers.
    mutating func next(_ layer: Layer, _ shapes: ParameterShapes?) throws(InvalidValue) -> Layer {
        guard let shapes else { return layer }
        let weights = try next(shape: shapes.weights)
        let bias =
            layer.parameters?.usesBias == true ? try next(shape: shapes.bias) : nil
        guard case .batchNormalization = layer.operation else {
            return try layer.with(weights: weights, bias: bias)
        }
        let mean = try next(shape: shapes.weights)
        let variance = try next(shape: shapes.weights)
        return try layer.with(
            weights: weights, bias: bias,
            statistics: RunningStatistics(mean: mean, variance: variance))
    }

    private mutating func next(shape: Shape) throws(InvalidValue) -> Tensor {
        let count = shape.size ?? .max
        guard count <= (bytes.count - position) / dtype.byteCount else {
            throw InvalidValue(.shapeMismatch, "there are fewer parameters than the layers have")
        }
        let end = position + count * dtype.byteCount
        defer { position = end }
        let part = bytes[position..<end]
        switch dtype {
        case .float32: return try Tensor([Float](littleEndianBytes: part), shape: shape)
        case .float64: return try Tensor([Double](littleEndianBytes: part), shape: shape)
        }
    }
}

extension Tensor {
    // Closures, since a key path of two steps isn't compiled away: it took 0.15 µs a number.
    fileprivate var littleEndianBytes: [UInt8] {
        switch numbers {
        case .float32(let values): values.map { $0.bitPattern.littleEndian }.bytes
        case .float64(let values): values.map { $0.bitPattern.littleEndian }.bytes
        }
    }
}

extension Array where Element: FixedWidthInteger {
    fileprivate var bytes: [UInt8] { withUnsafeBytes { Array<UInt8>($0) } }
}

extension [Float] {
    fileprivate init(littleEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { index in
                let bits = raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: bits))
            }
        }
    }
}

extension [Double] {
    fileprivate init(littleEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 8).map { index in
                let bits = raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
                return Double(bitPattern: UInt64(littleEndian: bits))
            }
        }
    }
}
