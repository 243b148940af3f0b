/// Settings written as a file that `nabla serve --config` reads.
enum SettingsFile {
    /// Every setting with its value and, as a comment, what it means.
    static func text(_ settings: ServeSettings) -> String {
        var lines = [
            "# Settings of `nabla serve`; it reads them with --config FILE or NABLA_CONFIG=FILE.",
            "# A flag beats the environment, and the environment beats this file.",
        ]
        var group = ""
        for setting in Setting.all {
            let parts = setting.key.split(separator: ".").map(String.init)
            let isGrouped = parts.count == 2
            if isGrouped, parts[0] != group {
                group = parts[0]
                lines += ["", "\(group):"]
            } else if !isGrouped {
                lines.append("")
            }
            let indent = isGrouped ? "  " : ""
            lines.append("\(indent)# \(setting.sentence)")
            lines.append("\(indent)\(parts[parts.count - 1]): \(scalar(setting.text(settings)))")
        }
        return lines.joined(separator: "\n")
    }

    /// A value as YAML: in quotes where it might be taken for something else than a text or a number.
    private static func scalar(_ text: String) -> String {
        let isNumber = text.allSatisfy { $0.isASCII && $0.isNumber } && !text.isEmpty
        let isWord = text.wholeMatch(of: #/[A-Za-z][A-Za-z0-9_.\/-]*/#) != nil
        // What YAML 1.1 takes for something else.
        let isTaken = ["y", "n", "yes", "no", "on", "off", "null"].contains(text.lowercased())
        guard !isNumber, !isWord || isTaken else { return text }
        return "'" + text.replacing("'", with: "''") + "'"
    }
}

extension Setting {
    /// The summary as a sentence.
    fileprivate var sentence: String { summary.prefix(1).uppercased() + summary.dropFirst() + "." }
}
