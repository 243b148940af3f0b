/// An element of a list in which a caller weighs what it would take, such as `gzip;q=0.5`.
///
/// - Source: RFC 9110, section 12.4.2.
struct WeightedValue: Sendable, Equatable {
    /// What is weighed, in small letters; `*` is all that isn't named.
    let value: String
    /// From 0, never, to 1.
    let quality: Double

    /// Reads the values of a field; elements that are neither are passed over.
    static func list(_ fields: [String]) -> [WeightedValue] {
        fields.joined(separator: ",").split(separator: ",").compactMap { WeightedValue($0) }
    }

    private init?(_ element: Substring) {
        let pieces = element.split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        guard let value = pieces.first, !value.isEmpty else { return nil }
        self.value = value
        guard pieces.count > 1 else {
            quality = 1
            return
        }
        guard pieces.count == 2, pieces[1].hasPrefix("q="),
            let quality = Double(pieces[1].dropFirst(2)), (0...1).contains(quality)
        else { return nil }
        self.quality = quality
    }
}
