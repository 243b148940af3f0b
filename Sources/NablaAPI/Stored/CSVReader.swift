import Glibc

/// The rows of a CSV text, one after the other, of which no more than a row and a piece is in memory.
///
/// - Source: RFC 4180; lines end in LF or CR LF, and empty ones are passed over.
struct CSVReader {
    /// What the next byte belongs to.
    private enum Place {
        case cellStart, plain, quoted, behindQuote, behindReturn
    }

    private let more: () throws(Problem) -> [UInt8]
    private let rowBytes: Int
    /// What is there of the text; what was read of it is dropped.
    private var bytes: [UInt8] = []
    private var hasBegun = false
    private var isWhole = false
    /// Where the row begins, and where its cells end: at a comma or a line feed.
    private var start = 0
    private var ends: [Int] = []
    private var scanned = 0
    private var place = Place.cellStart
    /// The line that the row began in, from 1.
    private(set) var line = 0
    private var nextLine = 1
    private var names: [String] = []

    /// Makes a reader.
    ///
    /// - Parameters:
    ///   - rowBytes: Bytes that a row may have, with the end of its line.
    ///   - more: Gives the text's next piece, and an empty one at its end.
    init(rowBytes: Int = .max, more: @escaping () throws(Problem) -> [UInt8]) {
        self.rowBytes = rowBytes
        self.more = more
    }

    /// Makes a reader of a text that is in memory.
    init(_ bytes: [UInt8]) {
        var pieces = [bytes]
        self.init { () throws(Problem) in pieces.popLast() ?? [] }
    }

    /// Reads the names of the columns.
    mutating func header() throws(Problem) -> [String] {
        guard try next() else { throw Problem(.malformedRequest, "the CSV has no header row") }
        names = ends.indices.map { text(of: $0) }
        return names
    }

    /// Reads the numbers of the next row, one for each column; nil after the last.
    mutating func numbers() throws(Problem) -> [Double]? {
        guard try next() else { return nil }
        guard ends.count == names.count else {
            throw Problem(
                .shapeMismatch,
                "line \(line) of the CSV has \(ends.count) cells, but the header has "
                    + "\(names.count)")
        }
        var row: [Double] = []
        row.reserveCapacity(ends.count)
        for cell in ends.indices {
            let number = number(in: cell)
            guard number.isFinite else { throw refusal(of: cell) }
            row.append(number)
        }
        return row
    }

    /// Why a cell has no number that is taken.
    private func refusal(of cell: Int) -> Problem {
        let text = text(of: cell)
        let place = "line \(line) of the CSV, column \(names[cell])"
        let isTooLarge =
            Double(text)?.isInfinite == true && text.utf8.contains { (0x30...0x39).contains($0) }
        return isTooLarge
            ? Problem(
                .outOfRange, "\(place): \(text.prefix(100)) is more than a float64 can be")
            : Problem(
                .wrongType, "\(place): expected a number, but found \"\(text.prefix(100))\"")
    }

    /// Goes on to the next row that isn't empty; false after the last.
    private mutating func next() throws(Problem) -> Bool {
        repeat {
            start = scanned
            ends.removeAll(keepingCapacity: true)
            (line, place) = (nextLine, .cellStart)
            while try !endsRow() {
                try checkLength()
                guard try fill() else { return false }
            }
            try checkLength()
        } while ends.count == 1 && text(of: 0).isEmpty
        return true
    }

    private func checkLength() throws(Problem) {
        guard scanned - start <= rowBytes else {
            throw Problem(
                .contentTooLarge, "line \(line) of the CSV is longer than \(rowBytes) bytes")
        }
    }

    /// Gets the text's next piece; false at the end, where the last row lacks nothing.
    private mutating func fill() throws(Problem) -> Bool {
        if isWhole {
            guard place != .quoted else { throw wrongQuote }
            return false
        }
        if start > 0 {
            bytes.removeFirst(start)
            for index in ends.indices { ends[index] -= start }
            (scanned, start) = (scanned - start, 0)
        }
        let piece = try more()
        if !piece.isEmpty {
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        } else {
            isWhole = true
            // As if every text ended a line.
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
        }
        // A byte order mark, as spreadsheets write it.
        if !hasBegun, bytes.count >= 3 || isWhole {
            hasBegun = true
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { (start, scanned) = (3, 3) }
        }
        return true
    }

    /// Looks for the end of the row in what came since the last look.
    private mutating func endsRow() throws(Problem) -> Bool {
        // Less than that may be a byte order mark's beginning.
        guard hasBegun else { return false }
        var (index, place) = (scanned, place)
        var isEnd = false
        var isWrong = false
        bytes.withUnsafeBufferPointer { bytes in
            while index < bytes.count, !isEnd, !isWrong {
                let byte = bytes[index]
                let isSeparator = byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n")
                if byte == UInt8(ascii: "\n") { nextLine += 1 }
                switch place {
                case .quoted:
                    if byte == UInt8(ascii: "\"") { place = .behindQuote }
                case .behindQuote where byte == UInt8(ascii: "\""):
                    place = .quoted
                case .behindQuote where byte == UInt8(ascii: "\r"):
                    place = .behindReturn
                case .behindQuote where !isSeparator, .behindReturn where !isSeparator:
                    isWrong = true
                case .cellStart where byte == UInt8(ascii: "\""):
                    place = .quoted
                default:
                    place = isSeparator ? .cellStart : .plain
                    if isSeparator { ends.append(index) }
                    isEnd = byte == UInt8(ascii: "\n")
                }
                index += 1
            }
        }
        (scanned, self.place) = (index, place)
        guard !isWrong else { throw wrongQuote }
        return isEnd
    }

    private var wrongQuote: Problem {
        Problem(
            .malformedRequest,
            "line \(line) of the CSV has a quote that is never closed, or text behind one")
    }

    /// Where a cell lies, without the CR of its line's end.
    private func range(of cell: Int) -> Range<Int> {
        let first = cell == 0 ? start : ends[cell - 1] + 1
        var end = ends[cell]
        let mayHaveReturn = cell == ends.count - 1 || bytes[first] == UInt8(ascii: "\"")
        if mayHaveReturn, end > first, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return first..<end
    }

    private func text(of cell: Int) -> String {
        let range = range(of: cell)
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        var content: [UInt8] = []
        var isFirst = false
        for byte in bytes[range.dropFirst().dropLast()] {
            // Of two quotes, one is meant.
            isFirst = byte == UInt8(ascii: "\"") && !isFirst
            if byte != UInt8(ascii: "\"") || isFirst { content.append(byte) }
        }
        return String(decoding: content, as: UTF8.self)
    }

    /// The number in a cell, in decimal digits; NaN where there is none, infinity where it is too large.
    private func number(in cell: Int) -> Double {
        let range = range(of: cell)
        guard let first = range.first.map({ bytes[$0] }), first > UInt8(ascii: " ") else {
            return .nan
        }
        // Behind a quote or a sign at the most, "0x" begins what C and Swift would read in hexadecimal.
        guard !bytes[range].prefix(4).contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else {
            return .nan
        }
        guard first != UInt8(ascii: "\"") else { return Double(text(of: cell)) ?? .nan }
        return bytes.withUnsafeBytes { bytes in
            // It ends at the separator behind the cell at the latest.
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else {
                return .nan
            }
            var end: UnsafeMutablePointer<CChar>?
            let number = strtod(base + range.lowerBound, &end)
            return end.map { UnsafePointer($0) } == base + range.upperBound ? number : .nan
        }
    }
}

extension [String] {
    /// The places of columns in this header.
    ///
    /// - Throws: `Problem` when one isn't there once, or is asked for twice.
    func places(of names: [String]) throws(Problem) -> [Int] {
        var places: [Int] = []
        for name in names {
            let found = indices.filter { self[$0] == name }
            guard found.count == 1, let place = found.first, !places.contains(place) else {
                throw Problem(
                    .invalidParameter,
                    "the column \"\(name)\" must stand once in the header, for one purpose; there are "
                        + joined(separator: ", "))
            }
            places.append(place)
        }
        return places
    }
}
