import Foundation

/// Reads bodies of every media type that the service sends into trees that can be compared.
enum BodyReader {
    /// The tree of a body.
    ///
    /// - Throws: What is wrong with it.
    static func tree(_ body: [UInt8], _ mediaType: String) throws -> JSON {
        let text = String(decoding: body, as: UTF8.self)
        switch mediaType {
        case "application/json": return try JSON(text)
        case "application/x-ndjson":
            return .array(try text.split(separator: "\n").map { try JSON(String($0)) })
        case "text/csv": return try table(text)
        case "text/event-stream": return .array(try events(text))
        case "text/plain": return samples(text)
        case "application/octet-stream": return try safetensors(body)
        default: throw TestFailure("no example of \(mediaType) can be read")
        }
    }

    /// The bytes that an example of a body stands for: for a file, a character each.
    static func bytes(_ example: JSON, _ mediaType: String) throws -> [UInt8] {
        guard let text = example.text else { return Array(example.json.utf8) }
        guard mediaType == "application/octet-stream" else { return Array(text.utf8) }
        return try text.unicodeScalars.map { scalar in
            guard let byte = UInt8(exactly: scalar.value) else {
                throw TestFailure("\(scalar) is no byte")
            }
            return byte
        }
    }

    /// Rows as objects; no cell of an example has a comma.
    private static func table(_ text: String) throws -> JSON {
        let rows = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let names = rows.first ?? []
        return .array(
            try rows.dropFirst().map { cells in
                guard cells.count == names.count else { throw TestFailure("no row: \(cells)") }
                return .object(
                    Dictionary(uniqueKeysWithValues: zip(names, cells.map(value))))
            })
    }

    private static func value(_ cell: String) -> JSON {
        Double(cell).map(JSON.number) ?? .string(cell)
    }

    /// Server-Sent Events, each with its `event`, its `data` and whether it has an `id`, whose
    /// number depends on what else the service has done.
    private static func events(_ text: String) throws -> [JSON] {
        try text.components(separatedBy: "\n\n").filter { !$0.isEmpty }.map { block in
            var fields: [String: JSON] = ["id": .boolean(false)]
            for line in block.split(separator: "\n") {
                guard let colon = line.firstRange(of: ": ") else {
                    throw TestFailure("no field of an event: \(line)")
                }
                let (name, value) = (
                    String(line[..<colon.lowerBound]), String(line[colon.upperBound...])
                )
                switch name {
                case "id": fields[name] = .boolean(true)
                case "event": fields[name] = .string(value)
                case "data": fields[name] = try JSON(value)
                default: throw TestFailure("no field of an event: \(line)")
                }
            }
            return .object(fields)
        }
    }

    /// The lines of Prometheus' text format, without the samples' values.
    private static func samples(_ text: String) -> JSON {
        let lines = text.split(separator: "\n").map { line in
            line.hasPrefix("#") ? line : line[..<(line.lastIndex(of: " ") ?? line.endIndex)]
        }
        return .object(Dictionary(lines.map { (String($0), .boolean(true)) }) { one, _ in one })
    }

    /// The header of a safetensors file, and its numbers, which are all of one type.
    private static func safetensors(_ file: [UInt8]) throws -> JSON {
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard file.count >= 8 + length else { throw TestFailure("no safetensors file") }
        let header = try JSON(String(decoding: file[8..<(8 + length)], as: UTF8.self))
        let types = Set((header.members ?? [:]).values.compactMap { $0["dtype"]?.text })
        let data = file[(8 + length)...]
        let numbers = try data.withUnsafeBytes { bytes in
            switch types {
            case ["F32"]:
                stride(from: 0, to: bytes.count, by: 4).map {
                    Double(bytes.loadUnaligned(fromByteOffset: $0, as: Float.self))
                }
            case ["F64"]:
                stride(from: 0, to: bytes.count, by: 8).map {
                    bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
                }
            default: throw TestFailure("tensors of \(types)")
            }
        }
        return .object(["header": header, "numbers": .array(numbers.map(JSON.number))])
    }
}
