/// What the columns of a CSV with samples are.
struct CSVColumns {
    /// The places of the inputs.
    let inputs: [Int]
    /// The places of the targets.
    let targets: [Int]
    /// The place of the weights; nil where there are none.
    let weight: Int?

    /// Finds the columns in a header.
    ///
    /// - Throws: `Problem` when one isn't there once, no target is named, or no column is left for the inputs.
    init(in header: [String], targets: [String], weight: String?) throws(Problem) {
        guard !targets.isEmpty else {
            throw Problem(.invalidParameter, "no column is named for the targets")
        }
        let places = try header.places(of: targets + (weight.map { [$0] } ?? []))
        inputs = header.indices.filter { !places.contains($0) }
        guard !inputs.isEmpty else {
            throw Problem(.invalidParameter, "all columns are targets or weights: none is an input")
        }
        self.targets = Array(places.prefix(targets.count))
        self.weight = weight == nil ? nil : places.last
    }
}
