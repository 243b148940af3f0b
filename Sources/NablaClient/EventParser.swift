/// An event as it stands in a stream.
struct EventBlock: Equatable {
    var name = ""
    /// Nil for an event without one.
    var id: String?
    var data: [UInt8] = []
}

/// Cuts the bytes of an event stream into events.
///
/// - Source: WHATWG HTML, section 9.2.6, "Interpreting an event stream".
struct EventParser {
    private var line: [UInt8] = []
    private var block = EventBlock()

    /// Takes the next bytes, and gives the events they complete.
    mutating func take(_ bytes: [UInt8]) -> [EventBlock] {
        var blocks: [EventBlock] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty {
                if !block.data.isEmpty { blocks.append(block) }
                block = EventBlock()
            } else {
                take(line: line)
            }
            line.removeAll(keepingCapacity: true)
        }
        return blocks
    }

    private mutating func take(line: [UInt8]) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        let field = String(decoding: line[..<colon], as: UTF8.self)
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch field {
        case "event": block.name = String(decoding: value, as: UTF8.self)
        case "id": block.id = String(decoding: value, as: UTF8.self)
        case "data":
            if !block.data.isEmpty { block.data.append(UInt8(ascii: "\n")) }
            block.data += value
        // Comments have no name, and what else there may be is to be passed over.
        default: break
        }
    }
}
