import NablaAPI

/// The answer of `POST /check` for people: a table of tensors, the worst entry, the diagnosis.
struct CheckSummary {
    private let response: CheckResponse

    init(_ response: CheckResponse) {
        self.response = response
    }

    /// The summary, over several lines.
    var text: String {
        var table = Table(
            ["tensor", "wrong", "entries", "relative error", "absolute error", ""],
            rightAligned: [1, 2, 3, 4])
        for tensor in response.tensors {
            table.add([
                tensor.pointer, String(tensor.failures), String(tensor.entries),
                formatted(tensor.maximumRelativeError), formatted(tensor.maximumAbsoluteError),
                tensor.finding ?? (tensor.failures == 0 ? "✓" : ""),
            ])
        }
        var lines = [table.text, "", worst]
        lines += response.unreliable.map { "unreliable: \(place($0))" }
        let more = response.unreliableCount - response.unreliable.count
        if more > 0 { lines.append("unreliable: \(more) more") }
        lines.append(
            "step \(formatted(response.step)), rtol \(formatted(response.rtol)), "
                + "atol \(formatted(response.atol))")
        lines.append((response.passes ? "passes: " : "doesn't pass: ") + response.diagnosis)
        return lines.joined(separator: "\n")
    }

    private var worst: String { "worst: \(place(response.worst))" }

    private func place(_ entry: CheckResponse.Entry) -> String {
        let claimed = entry.claimed.map { "claimed \(formatted($0)), " } ?? ""
        return "\(entry.pointer), \(claimed)analytic \(formatted(entry.analytic)), "
            + "numeric \(formatted(entry.numeric))"
    }
}
