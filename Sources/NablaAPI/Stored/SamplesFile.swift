public import NablaNetworks

/// The safetensors file that samples are kept as, made piece by piece out of another: memory has neither as a
/// whole.
///
/// What it is made of is read twice: once to check and measure it, and once to write the file.
public struct SamplesFile {
    /// What it is made of.
    enum Source {
        case csv(rows: () throws(Problem) -> (CSVReader, CSVColumns))
        case safetensors(tensors: [SourceTensor], read: Reading)
    }

    /// Gives bytes from an offset on, at most so many, and none at the end.
    public typealias Reading = (_ offset: Int, _ most: Int) throws(Problem) -> [UInt8]

    /// The shape of the inputs.
    public let inputs: Shape
    /// The shape of the targets.
    public let targets: Shape
    /// The shape of the weights; nil where there are none.
    public let weights: Shape?
    /// How many bytes the file has.
    public let byteCount: Int
    private let head: [UInt8]
    private let parts: [SamplesFilePart]
    private let source: Source

    /// Lays the file out.
    ///
    /// - Parameters:
    ///   - shapes: The shapes of inputs, targets and, where there are any, weights.
    ///   - dtypes: The type of the numbers of each.
    ///   - source: What the numbers are read from.
    init(shapes: [Shape], dtypes: [DType], source: Source) {
        let names = ["inputs", "targets", "weights"]
        let tensors = shapes.indices.map {
            (name: names[$0], dtype: dtypes[$0], shape: shapes[$0])
        }
        head = Safetensors.head(of: tensors)
        var parts: [SamplesFilePart] = []
        var offset = head.count
        for (_, dtype, shape) in tensors {
            parts.append(SamplesFilePart(offset: offset, dtype: dtype))
            offset += shape.reduce(1, *) * dtype.byteCount
        }
        (self.parts, byteCount, self.source) = (parts, offset, source)
        (inputs, targets) = (shapes[0], shapes[1])
        weights = shapes.count > 2 ? shapes[2] : nil
    }

    /// Writes the file, which is that of `Samples.safetensors()`.
    ///
    /// - Parameter put: Gets pieces, and where in the file they belong.
    /// - Throws: `Problem` when the source can't be read once more, and what `put` throws.
    public func write(
        to put: (_ bytes: [UInt8], _ offset: Int) throws(Problem) -> Void
    ) throws(Problem) {
        try put(head, 0)
        var parts = parts
        switch source {
        case .csv(let rows):
            var (reader, columns) = try rows()
            while let row = try reader.numbers() {
                for place in columns.inputs { parts[0].append(row[place]) }
                for place in columns.targets { parts[1].append(row[place]) }
                if let place = columns.weight { parts[2].append(row[place]) }
                for index in parts.indices where parts[index].isLong { try parts[index].flush(put) }
            }
        case .safetensors(let tensors, let read):
            for (index, tensor) in tensors.enumerated() {
                try tensor.read(with: read) { (piece) throws(Problem) in
                    if tensor.dtype == parts[index].dtype {
                        parts[index].append(piece)
                    } else {
                        for value in tensor.values(in: piece) { parts[index].append(value) }
                    }
                    try parts[index].flush(put)
                }
            }
        }
        for index in parts.indices { try parts[index].flush(put) }
    }
}

extension Double {
    /// Whether it is exactly a float32.
    var isFloat: Bool { Double(Float(self)) == self }
}

/// What is still to be written of a tensor.
struct SamplesFilePart {
    /// Where it belongs in the file.
    private var offset: Int
    let dtype: DType
    private var bytes: [UInt8] = []

    init(offset: Int, dtype: DType) {
        (self.offset, self.dtype) = (offset, dtype)
    }

    var isLong: Bool { bytes.count >= 64 << 10 }

    mutating func append(_ value: Double) {
        switch dtype {
        case .float32:
            withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { bytes += $0 }
        case .float64:
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
        }
    }

    /// Appends numbers as they lie in a file.
    mutating func append(_ piece: [UInt8]) { bytes += piece }

    mutating func flush(
        _ put: (_ bytes: [UInt8], _ offset: Int) throws(Problem) -> Void
    ) throws(Problem) {
        try put(bytes, offset)
        offset += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }
}
