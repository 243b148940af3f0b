import FuzzSupport
import NablaJSON

/// Shows that a text is read alike in place and copied, that an error is where it says, and that
/// what was read is the same when it is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for limits in [JSONLimits(), JSONLimits(maximumDepth: 3)] {
        do {
            let document = try JSONDocument(parsing: padded(bytes), limits: limits)
            checkEnd(of: bytes, limits: limits)
            check(document)
            try checkForm(of: bytes, document)
            // Not padded, it is copied.
            let other = try JSONDocument(parsing: bytes, limits: limits)
            demand(areSame(document.root, other.root), "a text is read alike where it lies")
        } catch {
            check(error, of: bytes, limits: limits)
        }
    }
    return 0
}

private func padded(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.reserveCapacity(bytes.count + 64)
    return bytes
}

private func refusal(of bytes: [UInt8], limits: JSONLimits) -> JSONError? {
    do {
        _ = try JSONDocument(parsing: bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

/// simdjson accepted the text, so the scanner that says where a text goes wrong must get to its end,
/// too: a control character that follows is the first wrong byte.
private func checkEnd(of bytes: [UInt8], limits: JSONLimits) {
    let kind = refusal(of: bytes + [1], limits: limits)?.kind
    demand(
        kind == .syntax(offset: bytes.count),
        "what follows a text is wrong at \(bytes.count), not \(String(describing: kind))")
}

/// What stands before the offset must not be wrong by itself: at worst it ends too early.
private func check(_ error: JSONError, of bytes: [UInt8], limits: JSONLimits) {
    demand(refusal(of: bytes, limits: limits) == error, "a text is refused alike where it lies")
    switch error.kind {
    case .syntax(let offset), .tooDeep(let offset), .numberTooLarge(let offset):
        demand((0...bytes.count).contains(offset), "\(offset) is in the text")
        let prefix = refusal(of: Array(bytes[..<offset]), limits: limits)?.kind
        demand(
            prefix == nil || prefix == .syntax(offset: offset),
            "before \(offset) nothing is wrong, yet \(String(describing: prefix))")
    default:
        demand(false, "\(error) is none of a short text")
    }
}

/// Reads and writes all of a document.
private func check(_ document: JSONDocument) {
    var writer = JSONWriter()
    do {
        try write(document.root, at: "", to: &writer)
    } catch {
        // A key may be there twice, which is found when the object is read.
        guard case .duplicateField = error.kind else { return demand(false, "\(error)") }
        return demand(error.pointer != nil, "an error says where it is")
    }
    let text = writer.finish()
    do {
        let again = try JSONDocument(parsing: text)
        demand(areSame(document.root, again.root), "\(String(decoding: text, as: UTF8.self)) is it")
        try checkNumbers(Double.self, in: document.root)
        try checkNumbers(Float.self, in: document.root)
    } catch {
        demand(false, "what is written can be read, but \(error)")
    }
}
