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
        for part in fields.joined(separator: ",").split(separator: ",") {
            guard let (range, quality) = Language.weighted(part) else { continue }
            if range == "*" { rest = max(rest ?? 0, quality) }
            let primary = range.split(separator: "-").first.map(String.init) ?? ""
            guard let language = Language(rawValue: primary) else { continue }
            qualities.append((language, quality))
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

    /// A range in small letters and its quality; nil for what is neither.
    private static func weighted(_ part: Substring) -> (range: String, quality: Double)? {
        let pieces = part.split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        guard let range = pieces.first, !range.isEmpty else { return nil }
        guard pieces.count > 1 else { return (range, 1) }
        guard pieces.count == 2, pieces[1].hasPrefix("q="),
            let quality = Double(pieces[1].dropFirst(2)), (0...1).contains(quality)
        else { return nil }
        return (range, quality)
    }
}
