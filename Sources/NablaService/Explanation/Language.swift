/// The languages that explanations are written in.
enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case chinese = "zh"

    /// Its texts.
    var texts: [TextKey: String] {
        switch self {
        case .english: TextKey.english
        case .chinese: TextKey.chinese
        }
    }

    /// The language that a caller prefers: of those with the highest quality the one named first,
    /// else English.
    ///
    /// A range of a region or a script, such as `zh-CN`, stands for its language.
    /// - Source: RFC 9110, section 12.5.4; RFC 4647, section 3.4 (lookup).
    /// - Parameter fields: The values of `Accept-Language`.
    init(preferredBy fields: [String]) {
        var qualities: [(language: Language, quality: Double)] = []
        var rest: Double?
        for range in WeightedValue.list(fields) {
            if range.value == "*" { rest = max(rest ?? 0, range.quality) }
            let primary = range.value.split(separator: "-").first.map(String.init) ?? ""
            guard let language = Language(rawValue: primary) else { continue }
            qualities.append((language, range.quality))
        }
        if let rest {
            // What isn't named is what `*` stands for.
            for language in Language.allCases
            where !qualities.contains(where: { $0.language == language }) {
                qualities.append((language, rest))
            }
        }
        var best: (language: Language, quality: Double)?
        for entry in qualities where entry.quality > (best?.quality ?? 0) { best = entry }
        // Whoever wants neither still gets an answer: the field is a wish.
        self = best?.language ?? .english
    }
}
