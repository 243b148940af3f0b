/// Rows of text in columns that line up; numbers to the right.
struct Table {
    private let header: [String]
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>

    /// - Parameters:
    ///   - header: The columns' titles.
    ///   - rightAligned: The places of the columns that hold numbers.
    init(_ header: [String], rightAligned: Set<Int> = []) {
        self.header = header
        self.rightAligned = rightAligned
    }

    /// Adds a row, with as many cells as the header has.
    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    /// The table, a line a row.
    var text: String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "──")
        let body = rows.map { line($0, widths) }
        return ([line(header, widths), rule] + body).joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).enumerated().map { column, pair in
            let padding = String(repeating: " ", count: pair.1 - pair.0.count)
            return rightAligned.contains(column) ? padding + pair.0 : pair.0 + padding
        }
        var text = padded.joined(separator: "  ")
        while text.last == " " { text.removeLast() }
        return text
    }
}
