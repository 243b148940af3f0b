/// The name that `name` was probably meant to be: the one fewest edits away, at most 2 and less
/// than half its length.
func nearest(to name: String, among known: [String]) -> String? {
    let characters = Array(name.unicodeScalars.prefix(64))
    let distances = known.map { ($0, editDistance(characters, Array($0.unicodeScalars))) }
    guard let (best, distance) = distances.min(by: { $0.1 < $1.1 }) else { return nil }
    return distance <= 2 && distance * 2 < max(3, best.unicodeScalars.count) ? best : nil
}

/// How many characters must be inserted, removed or replaced to turn one into the other.
///
/// - Source: Wagner & Fischer 1974.
private func editDistance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
    var row = Array(0...other.count)
    for (i, character) in one.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, counterpart) in other.enumerated() {
            let replaced = diagonal + (character == counterpart ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[other.count]
}
