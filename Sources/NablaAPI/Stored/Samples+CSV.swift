public import NablaNetworks

extension Samples {
    /// Reads samples from CSV with a header row.
    ///
    /// The columns named `targets` are the targets, the one named `weight` the samples' weights, and all
    /// others the inputs, in their order. One column of targets gives one number a sample.
    /// Cells are separated by commas and may stand in double quotes; lines end in LF or CR LF, and empty ones
    /// are passed over.
    /// - Source: RFC 4180.
    /// - Throws: `Problem` with the line and the column that is wrong.
    public init(
        csv bytes: [UInt8], targets: [String], weight: String? = nil
    ) throws(Problem) {
        var reader = CSVReader(bytes)
        let header = try reader.header()
        let places = try header.places(of: targets + (weight.map { [$0] } ?? []))
        let inputPlaces = header.indices.filter { !places.contains($0) }
        guard !inputPlaces.isEmpty else {
            throw Problem(.invalidParameter, "all columns are targets or weights: none is an input")
        }
        let targetPlaces = places.prefix(targets.count)
        var (inputs, wanted, weights): ([Double], [Double], [Double]) = ([], [], [])
        while let row = try reader.numbers(under: header) {
            for place in inputPlaces { inputs.append(row[place]) }
            for place in targetPlaces { wanted.append(row[place]) }
            if weight != nil, let place = places.last { weights.append(row[place]) }
        }
        let count = inputs.count / inputPlaces.count
        self = try Problem.reporting {
            try Samples(
                inputs: Tensor(inputs, shape: Shape([count, inputPlaces.count])),
                targets: targets.count == 1
                    ? Tensor(wanted) : Tensor(wanted, shape: Shape([count, targets.count])),
                weights: weight == nil ? nil : Tensor(weights))
        }
    }
}

extension Tensor {
    /// Reads rows of inputs from CSV with a header row, shape (rows, inputs).
    ///
    /// - Parameters:
    ///   - bytes: The text, as for samples.
    ///   - columns: The columns that are no inputs.
    /// - Throws: `Problem` with the line and the column that is wrong.
    public init(csv bytes: [UInt8], without columns: [String] = []) throws(Problem) {
        var reader = CSVReader(bytes)
        let header = try reader.header()
        let left = try header.places(of: columns)
        let places = header.indices.filter { !left.contains($0) }
        guard !places.isEmpty else {
            throw Problem(.invalidParameter, "no column is an input")
        }
        var inputs: [Double] = []
        while let row = try reader.numbers(under: header) {
            for place in places { inputs.append(row[place]) }
        }
        self = try Problem.reporting {
            try Tensor(inputs, shape: Shape([inputs.count / places.count, places.count]))
        }
    }
}

extension [String] {
    /// The places of columns in this header.
    ///
    /// - Throws: `Problem` when one isn't there once, or is asked for twice.
    fileprivate func places(of names: [String]) throws(Problem) -> [Int] {
        var places: [Int] = []
        for name in names {
            let found = indices.filter { self[$0] == name }
            guard found.count == 1, let place = found.first, !places.contains(place) else {
                throw Problem(
                    .invalidParameter,
                    "the column \(name) must stand once in the header, for one purpose; there are "
                        + joined(separator: ", "))
            }
            places.append(place)
        }
        return places
    }
}

extension CSVReader {
    /// The names of the columns.
    fileprivate mutating func header() throws(Problem) -> [String] {
        guard let header = try next() else {
            throw Problem(.malformedRequest, "the CSV has no header row")
        }
        return header
    }

    /// The numbers of the next row that isn't empty, one for each column; nil after the last.
    fileprivate mutating func numbers(under header: [String]) throws(Problem) -> [Double]? {
        guard let cells = try next() else { return nil }
        guard cells.count == header.count else {
            throw Problem(
                .shapeMismatch,
                "line \(line) of the CSV has \(cells.count) cells, but the header has "
                    + "\(header.count)")
        }
        var row: [Double] = []
        row.reserveCapacity(cells.count)
        for (place, cell) in cells.enumerated() {
            guard let number = Double(cell), number.isFinite else {
                throw Problem(
                    .wrongType,
                    "line \(line) of the CSV, column \(header[place]): expected a number, "
                        + "but found \"\(cell.prefix(100))\"")
            }
            row.append(number)
        }
        return row
    }
}

/// The rows of a CSV text, one after the other.
private struct CSVReader {
    private let bytes: [UInt8]
    private var position = 0
    /// The line that the last row began in, from 1.
    private(set) var line = 0
    private var nextLine = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark, as spreadsheets write it.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The cells of the next row that isn't empty; nil after the last.
    mutating func next() throws(Problem) -> [String]? {
        while position < bytes.count {
            line = nextLine
            let cells = try row()
            if cells != [""] { return cells }
        }
        return nil
    }

    private mutating func row() throws(Problem) -> [String] {
        var cells: [String] = []
        while true {
            cells.append(try cell())
            guard position < bytes.count else { return cells }
            let end = bytes[position]
            position += 1
            if end == UInt8(ascii: "\n") {
                nextLine += 1
                return cells
            }
        }
    }

    /// Reads up to the comma or the line feed that ends the cell, or to the end.
    private mutating func cell() throws(Problem) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: ","),
                bytes[position] != UInt8(ascii: "\n")
            { position += 1 }
            var end = position
            let isLast = end == bytes.count || bytes[end] == UInt8(ascii: "\n")
            if isLast, end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\n") { nextLine += 1 }
            guard byte == UInt8(ascii: "\"") else {
                content.append(byte)
                continue
            }
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                content.append(byte)
                position += 1
                continue
            }
            if position < bytes.count, bytes[position] == UInt8(ascii: "\r") { position += 1 }
            guard
                position == bytes.count || bytes[position] == UInt8(ascii: ",")
                    || bytes[position] == UInt8(ascii: "\n")
            else { break }
            return String(decoding: content, as: UTF8.self)
        }
        throw Problem(
            .malformedRequest,
            "line \(line) of the CSV has a quote that is never closed, or text behind one")
    }
}
