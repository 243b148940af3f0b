import NablaNetworks

extension SamplesFile {
    /// Gives a text from its beginning, one piece after the other, and an empty one at its end.
    public typealias Pieces = () throws(Problem) -> [UInt8]

    /// Checks and counts the samples of a CSV text.
    ///
    /// - Parameters:
    ///   - targets: The names of the columns of targets.
    ///   - weight: The name of the column of weights; nil where there is none.
    ///   - rowBytes: Bytes that a row may have, with the end of its line; memory has it as a whole.
    ///   - text: Begins to read the text.
    /// - Throws: `Problem` as `Samples(csv:targets:weight:)` does, `content-too-large` for too long a row, and
    ///   what `text` throws.
    public init(
        csvWithTargets targets: [String], weight: String? = nil, rowBytes: Int = .max,
        text: @escaping () -> Pieces
    ) throws(Problem) {
        let rows = { () throws(Problem) -> (CSVReader, CSVColumns) in
            var reader = CSVReader(rowBytes: rowBytes, more: text())
            let columns = try CSVColumns(in: reader.header(), targets: targets, weight: weight)
            return (reader, columns)
        }
        var (reader, columns) = try rows()
        var count = 0
        var dtypes: [DType] = [.float32, .float32, .float32]
        var check = weight == nil ? nil : Samples.WeightsCheck()
        while let row = try reader.numbers() {
            count += 1
            for place in columns.inputs where !row[place].isFloat { dtypes[0] = .float64 }
            for place in columns.targets where !row[place].isFloat { dtypes[1] = .float64 }
            guard let place = columns.weight else { continue }
            if !row[place].isFloat { dtypes[2] = .float64 }
            check?.note(row[place])
        }
        let shapes = try Problem.reporting {
            var shapes = [
                try Shape([count, columns.inputs.count]),
                targets.count == 1 ? Shape(count) : try Shape([count, targets.count]),
            ]
            if weight != nil { shapes.append(Shape(count)) }
            try Samples.check(
                inputs: shapes[0], targets: shapes[1], weights: weight == nil ? nil : shapes[2])
            try check?.finish()
            return shapes
        }
        self.init(shapes: shapes, dtypes: dtypes, source: .csv(rows: rows))
    }
}
