public import NablaNetworks

extension Samples {
    /// Reads samples from CSV with a header row.
    ///
    /// The columns named `targets` are the targets, the one named `weight` the samples' weights, and all
    /// others the inputs, in their order. One column of targets gives one number a sample.
    /// Cells are separated by commas and may stand in double quotes; lines end in LF or CR LF, and empty ones
    /// are passed over.
    /// - Source: RFC 4180.
    /// - Throws: `Problem` with the line and the column that is wrong.
    public init(
        csv bytes: [UInt8], targets: [String], weight: String? = nil
    ) throws(Problem) {
        var reader = CSVReader(bytes)
        let columns = try CSVColumns(in: reader.header(), targets: targets, weight: weight)
        var (inputs, wanted, weights): ([Double], [Double], [Double]) = ([], [], [])
        while let row = try reader.numbers() {
            for place in columns.inputs { inputs.append(row[place]) }
            for place in columns.targets { wanted.append(row[place]) }
            if let place = columns.weight { weights.append(row[place]) }
        }
        let count = inputs.count / columns.inputs.count
        self = try Problem.reporting {
            try Samples(
                inputs: Tensor(inputs, shape: Shape([count, columns.inputs.count])),
                targets: targets.count == 1
                    ? Tensor(wanted) : Tensor(wanted, shape: Shape([count, targets.count])),
                weights: weight == nil ? nil : Tensor(weights))
        }
    }
}

extension Tensor {
    /// Reads rows of inputs from CSV with a header row, shape (rows, inputs).
    ///
    /// - Parameters:
    ///   - bytes: The text, as for samples.
    ///   - columns: The columns that are no inputs.
    /// - Throws: `Problem` with the line and the column that is wrong.
    public init(csv bytes: [UInt8], without columns: [String] = []) throws(Problem) {
        var reader = CSVReader(bytes)
        let header = try reader.header()
        let left = try header.places(of: columns)
        let places = header.indices.filter { !left.contains($0) }
        guard !places.isEmpty else {
            throw Problem(.invalidParameter, "no column is an input")
        }
        var inputs: [Double] = []
        while let row = try reader.numbers() {
            for place in places { inputs.append(row[place]) }
        }
        self = try Problem.reporting {
            try Tensor(inputs, shape: Shape([inputs.count / places.count, places.count]))
        }
    }
}
