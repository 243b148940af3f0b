import Foundation

/// Holds what the document shows against what a server says.
///
/// Both must have the same members, with the same values but where these are of the moment: ids (one
/// of the document must stand for one of the server throughout), times, rates, and how many bytes
/// something takes.
struct Likeness {
    /// How far numbers may be apart: parts of the number, and at all.
    var relative = 0.0
    var absolute = 0.0
    /// Whether the document shows only a part.
    var isExcerpt = false
    /// The server's ids by those of the document.
    private(set) var ids: [String: String] = [:]

    /// What is measured, and left out while nothing was.
    private static let rates: Set = ["samples_per_second", "eta_seconds"]
    /// What depends on the build.
    private static let buildings: Set = ["bytes", "version"]

    init(ids: [String: String] = [:]) {
        self.ids = ids
    }

    /// A text of the document with the server's ids.
    func translated(_ text: String) -> String {
        ids.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }

    /// Where the two differ: a line for each place, none when they are alike.
    mutating func differences(_ shown: JSON, _ said: JSON, at place: String = "") -> [String] {
        switch (shown, said) {
        case (.object(let shown), .object(let said)):
            let names = isExcerpt ? Set(shown.keys) : Set(shown.keys).union(said.keys)
            return names.sorted().flatMap { name -> [String] in
                guard let one = shown[name], let other = said[name] else {
                    return Self.rates.contains(name)
                        ? [] : ["\(place)/\(name) is \(shown[name] == nil ? "said" : "shown") only"]
                }
                let isOfTheBuild = Self.buildings.contains(name) && one.isOfSameType(as: other)
                let isRate = Self.rates.contains(name) && one.isOfSameType(as: other)
                return isOfTheBuild || isRate
                    ? [] : differences(one, other, at: "\(place)/\(name)")
            }
        case (.array(let shown), .array(let said)):
            guard shown.count == said.count else {
                return ["\(place) has \(shown.count) elements, but \(said.count) are said"]
            }
            return shown.indices.flatMap {
                differences(shown[$0], said[$0], at: "\(place)/\($0)")
            }
        case (.number(let one), .number(let other)):
            let isNear = abs(one - other) <= absolute + relative * abs(one)
            return isNear ? [] : ["\(place) is shown as \(one), but \(other) is said"]
        case (.string(let one), .string(let other)): return differences(one, other, at: place)
        default: return shown == said ? [] : ["\(place) is shown as \(shown), said is \(said)"]
        }
    }

    private mutating func differences(
        _ shown: String, _ said: String, at place: String
    ) -> [String] {
        if shown.isID && said.isID && ids[shown, default: said] == said {
            ids[shown] = said
            return []
        }
        let isSame = (shown.isTime && said.isTime) || translated(shown) == said
        return isSame ? [] : ["\(place) is shown as \"\(shown)\", but \"\(said)\" is said"]
    }
}

extension JSON {
    fileprivate func isOfSameType(as other: JSON) -> Bool {
        switch (self, other) {
        case (.number, .number), (.string, .string): true
        default: false
        }
    }
}

extension String {
    fileprivate var isID: Bool { UUID(uuidString: self) != nil }

    fileprivate var isTime: Bool { wholeMatch(of: /\d{4}-\d\d-\d\dT[\d:.]+Z/) != nil }
}
