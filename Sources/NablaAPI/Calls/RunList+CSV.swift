extension RunList {
    /// The page as CSV, a line a run: what every run has, then its tags, its request's settings (`params.`)
    /// and the last values of its metrics, as far as any run of the page has them.
    ///
    /// - Source: RFC 4180.
    /// - Throws: `Problem` when a run's request can't be read.
    public func csv() throws(Problem) -> [UInt8] {
        let settings = try Problem.reporting {
            try runs.map { run in
                // Lists and the network's layers make no columns.
                let values = try RunSettings(of: run.request).values.filter {
                    !$0.key.hasPrefix("network.") && !$0.json.hasPrefix("[")
                }
                return Dictionary(values.map { ($0.key, RunList.text(ofJSON: $0.json)) }) { $1 }
            }
        }
        let tags = Set(runs.flatMap { $0.tags.keys }).sorted()
        let params = Set(settings.flatMap(\.keys)).sorted()
        let metrics = Set(runs.flatMap { $0.latest.keys }).sorted()
        let header =
            [
                "id", "name", "status", "created_at", "started_at", "finished_at", "parameters",
                "epoch", "epochs",
            ] + tags.map { "tags.\($0)" } + params.map { "params.\($0)" }
            + metrics.map { "metrics.\($0)" }
        var text = RunList.line(header)
        for (run, settings) in zip(runs, settings) {
            let fixed = [
                run.id, run.name ?? "", run.status.rawValue, run.createdAt.text,
                run.startedAt?.text ?? "", run.finishedAt?.text ?? "", "\(run.parameters)",
                "\(run.progress.epoch)", "\(run.progress.epochs)",
            ]
            text += RunList.line(
                fixed + tags.map { run.tags[$0] ?? "" } + params.map { settings[$0] ?? "" }
                    + metrics.map { run.latest[$0].map { "\($0)" } ?? "" })
        }
        return Array(text.utf8)
    }

    private static func line(_ cells: [String]) -> String {
        cells.map { cell in
            let needsQuotes = cell.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
            return needsQuotes ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
        }.joined(separator: ",") + "\r\n"
    }

    /// A name without its quotes; settings have no text that would need escapes.
    private static func text(ofJSON json: String) -> String {
        json.hasPrefix("\"") ? String(json.dropFirst().dropLast()) : json
    }
}
