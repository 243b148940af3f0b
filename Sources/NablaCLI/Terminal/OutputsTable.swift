import NablaNetworks

/// The outputs of a network as a table for people, a row a sample.
struct OutputsTable {
    private let outputs: Tensor

    init(_ outputs: Tensor) {
        self.outputs = outputs
    }

    /// The table; where an output has more numbers than fit a line, the first of them.
    var text: String {
        let values = outputs.values(as: Double.self)
        let samples = outputs.shape.first ?? 1
        let width = samples == 0 ? 0 : values.count / samples
        let shown = min(width, OutputsTable.mostColumns)
        var header = ["SAMPLE"] + (0..<shown).map { "OUTPUT \($0)" }
        if shown < width { header.append("AND \(width - shown) MORE") }
        var table = Table(header, rightAligned: Set(0...shown))
        for sample in 0..<samples {
            let row = values[sample * width..<sample * width + shown].map { formatted($0) }
            table.add(["\(sample)"] + row + (shown < width ? ["…"] : []))
        }
        return table.text
    }

    private static let mostColumns = 10
}
