/// A table of numbers read from a CSV file with a header row.
struct CSV {
    /// The columns' names.
    let header: [String]
    /// The numbers, row by row.
    let rows: [[Double]]

    /// Reads a file.
    ///
    /// - Throws: `CommandError` with the file's name and the line that is wrong.
    init(path: String) throws(CommandError) {
        let text = String(decoding: try InputFile(path: path).read(), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        guard let first = lines.first else { throw CommandError("\(path) is empty", .data) }
        header = first.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var rows: [[Double]] = []
        for (index, line) in lines.enumerated().dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            let numbers = cells.compactMap { Double($0) }
            guard numbers.count == cells.count, numbers.count == header.count else {
                throw CommandError(
                    "\(path), line \(index + 1): expected \(header.count) numbers", .data)
            }
            rows.append(numbers)
        }
        self.rows = rows
    }

    /// Takes one column as targets and the others as inputs.
    ///
    /// - Throws: `CommandError` when there is no such column.
    func split(target: String) throws(CommandError) -> (inputs: [[Double]], targets: [Double]) {
        guard let column = header.firstIndex(of: target) else {
            throw CommandError(
                "there is no column \(target); there are \(header.joined(separator: ", "))", .data)
        }
        let inputs = rows.map { row in
            Array(row[..<column] + row[(column + 1)...])
        }
        return (inputs, rows.map { $0[column] })
    }
}

/// Gives each column the mean 0 and the standard deviation 1; a constant column becomes 0.
func standardised(_ rows: [[Double]]) -> [[Double]] {
    guard let width = rows.first?.count else { return rows }
    var result = rows
    for column in 0..<width {
        let values = rows.map { $0[column] }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance =
            values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        let deviation = variance > 0 ? variance.squareRoot() : 1
        for row in rows.indices { result[row][column] = (values[row] - mean) / deviation }
    }
    return result
}
