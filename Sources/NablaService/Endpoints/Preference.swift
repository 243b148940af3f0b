import NablaAPI

/// What a caller prefers, by the `Prefer` field.
enum Preference {
    /// How many seconds the caller would wait for the end; nil when it doesn't say.
    ///
    /// Preferences that aren't known are passed over.
    /// - Source: RFC 7240, section 4.3.
    /// - Throws: `Problem` when the time is no whole number of seconds.
    static func wait(_ field: String?, atMost longest: Int) throws(Problem) -> Int? {
        for preference in (field ?? "").split(separator: ",") {
            let parts = preference.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "wait" else { continue }
            let text = trimmed(parts[1].prefix { $0 != ";" })
            guard let seconds = Int(text), seconds >= 0 else {
                throw Problem(
                    .invalidParameter,
                    "Prefer: wait=\(text) must be a whole number of seconds")
            }
            return min(seconds, longest)
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
