public import NablaNetworks

/// Samples of a CSV text as a safetensors file, made piece by piece: memory has neither as a whole.
///
/// The text is read twice: once to check and count it, and once to write the file.
public struct CSVSamples {
    /// Gives a text from its beginning, one piece after the other, and an empty one at its end.
    public typealias Pieces = () throws(Problem) -> [UInt8]

    /// The shape of the inputs.
    public let inputs: Shape
    /// The shape of the targets.
    public let targets: Shape
    /// The shape of the weights; nil where there are none.
    public let weights: Shape?
    /// How many bytes the file has.
    public let byteCount: Int
    private let head: [UInt8]
    private let rows: () throws(Problem) -> (CSVReader, CSVColumns)
    private let parts: [(offset: Int, dtype: DType)]

    /// Checks and counts a text.
    ///
    /// - Parameters:
    ///   - targets: The names of the columns of targets.
    ///   - weight: The name of the column of weights; nil where there is none.
    ///   - rowBytes: Bytes that a row may have, which is in memory as a whole.
    ///   - text: Begins to read the text.
    /// - Throws: `Problem` as `Samples(csv:targets:weight:)` does, `content-too-large` for too long a row, and
    ///   what `text` throws.
    public init(
        targets: [String], weight: String? = nil, rowBytes: Int = .max,
        text: @escaping () -> Pieces
    ) throws(Problem) {
        let rows = { () throws(Problem) -> (CSVReader, CSVColumns) in
            var reader = CSVReader(rowBytes: rowBytes, more: text())
            let columns = try CSVColumns(in: reader.header(), targets: targets, weight: weight)
            return (reader, columns)
        }
        var (reader, columns) = try rows()
        var count = 0
        var areNarrow = [true, true, true]
        var check = weight == nil ? nil : Samples.WeightsCheck()
        while let row = try reader.numbers() {
            count += 1
            for place in columns.inputs where !row[place].isFloat { areNarrow[0] = false }
            for place in columns.targets where !row[place].isFloat { areNarrow[1] = false }
            guard let place = columns.weight else { continue }
            if !row[place].isFloat { areNarrow[2] = false }
            check?.note(row[place])
        }
        let shapes = try Problem.reporting {
            // One sample says what any number of them is told.
            let some = min(count, 1)
            _ = try Samples(
                inputs: Tensor([Double](repeating: 0, count: some), shape: Shape([some, 1])),
                targets: Tensor([Double](repeating: 0, count: some)))
            try check?.finish()
            return [
                try Shape([count, columns.inputs.count]),
                targets.count == 1 ? Shape(count) : try Shape([count, targets.count]),
            ] + (weight == nil ? [] : [Shape(count)])
        }
        let names = ["inputs", "targets", "weights"]
        let tensors = shapes.indices.map {
            (name: names[$0], dtype: areNarrow[$0] ? DType.float32 : .float64, shape: shapes[$0])
        }
        head = Safetensors.head(of: tensors)
        var parts: [(offset: Int, dtype: DType)] = []
        var offset = head.count
        for (_, dtype, shape) in tensors {
            parts.append((offset, dtype))
            offset += shape.reduce(1, *) * dtype.byteCount
        }
        (self.rows, self.parts, byteCount) = (rows, parts, offset)
        (inputs, self.targets) = (shapes[0], shapes[1])
        weights = weight == nil ? nil : shapes[2]
    }

    /// Writes the file, which is that of `Samples.safetensors()`.
    ///
    /// - Parameter put: Gets pieces, and where in the file they belong.
    /// - Throws: `Problem` when the text can't be read once more, and what `put` throws.
    public func write(
        to put: (_ bytes: [UInt8], _ offset: Int) throws(Problem) -> Void
    ) throws(Problem) {
        try put(head, 0)
        var parts = parts.map { Part(offset: $0.offset, dtype: $0.dtype) }
        var (reader, columns) = try rows()
        while let row = try reader.numbers() {
            for place in columns.inputs { parts[0].append(row[place]) }
            for place in columns.targets { parts[1].append(row[place]) }
            if let place = columns.weight { parts[2].append(row[place]) }
            for index in parts.indices where parts[index].isLong { try parts[index].flush(put) }
        }
        for index in parts.indices { try parts[index].flush(put) }
    }
}

extension Double {
    /// Whether it is exactly a float32.
    fileprivate var isFloat: Bool { Double(Float(self)) == self }
}

/// What is still to be written of a tensor.
private struct Part {
    /// Where it belongs in the file.
    private var offset: Int
    private let dtype: DType
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

    mutating func flush(
        _ put: (_ bytes: [UInt8], _ offset: Int) throws(Problem) -> Void
    ) throws(Problem) {
        try put(bytes, offset)
        offset += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }
}
