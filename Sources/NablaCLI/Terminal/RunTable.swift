import NablaAPI

/// Runs as a table for people, a row a run.
struct RunTable {
    private let runs: [Run]

    init(_ runs: [Run]) {
        self.runs = runs
    }

    /// The table.
    var text: String {
        var table = Table(
            ["ID", "NAME", "STATUS", "EPOCHS", "LOSS", "VALIDATION", "TIME", "CREATED"],
            rightAligned: [3, 4, 5, 6])
        for run in runs {
            table.add([
                run.id, run.name ?? "", run.status.rawValue,
                "\(run.progress.epoch)/\(run.progress.epochs)",
                run.latest["loss"].map { formatted($0) } ?? "",
                RunTable.validation(of: run), RunTable.time(of: run),
                minute(run.createdAt),
            ])
        }
        return table.text
    }

    /// The accuracy on the validation samples where there is one, else the loss on them.
    private static func validation(of run: Run) -> String {
        if let accuracy = run.latest["validation_accuracy"] { return percentage(accuracy) }
        return run.latest["validation_loss"].map { formatted($0) } ?? ""
    }

    /// How long a run took, once it has ended.
    static func time(of run: Run) -> String {
        guard let start = run.startedAt, let end = run.finishedAt else { return "" }
        return duration(Double(end.milliseconds - start.milliseconds) / 1000)
    }
}

/// One run for people, a line a fact.
struct RunSummary {
    private let run: Run

    init(_ run: Run) {
        self.run = run
    }

    /// The summary, over several lines.
    var text: String {
        var facts = [("run", run.id)]
        if let name = run.name { facts.append(("name", name)) }
        facts.append(("status", run.status.rawValue))
        if let notes = run.notes {
            facts.append(("notes", notes.split(whereSeparator: \.isNewline).joined(separator: " ")))
        }
        if let error = run.error { facts.append(("error", error.detail)) }
        facts.append(("epochs", "\(run.progress.epoch) of \(run.progress.epochs)"))
        facts.append(("parameters", "\(run.parameters)"))
        facts.append(("created", run.createdAt.text))
        if run.finishedAt != nil { facts.append(("took", RunTable.time(of: run))) }
        for (key, value) in run.latest.sorted(by: { $0.key < $1.key }) {
            let best = run.best[key].map { "  (best \(formatted($0)))" } ?? ""
            facts.append((key, formatted(value) + best))
        }
        for (key, value) in run.tags.sorted(by: { $0.key < $1.key }) {
            facts.append(("tag \(key)", value))
        }
        let width = facts.map(\.0.count).max() ?? 0
        return facts.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value
        }.joined(separator: "\n")
    }
}
