import FuzzSupport
import NablaHTTP

/// Shows that chunks are decoded alike however they arrive, that a body ends where it ends, and
/// that any body put into chunks comes out again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let (cuts, bytes) = Cuts.taken(from: UnsafeBufferPointer(start: start, count: count))
    for limits in [HTTPLimits(), smallLimits] {
        let whole = decode([bytes[...]], limits: limits)
        let cut = decode(cuts.pieces(of: bytes), limits: limits)
        demand(cut == whole, "\(cut), decoded in pieces, is \(whole)")
        guard case .success(let decoded) = whole else { continue }
        demand(decoded.body.count <= limits.bodyBytes, "bodies are bounded")
        demand(
            decoded.isComplete || decoded.used == bytes.count, "what is incomplete is used wholly")
        if decoded.isComplete { checkEnd(decoded, of: bytes, limits: limits) }
    }
    let coded = chunked(cuts.pieces(of: bytes)) + Array("GET".utf8)
    let decoded = decode(cuts.pieces(of: coded), limits: HTTPLimits())
    demand(
        decoded == .success(Decoded(body: bytes, used: coded.count - 3, isComplete: true)),
        "what was put into chunks comes out again, not \(decoded)")
    return 0
}

/// Limits that short inputs can exceed.
private let smallLimits = HTTPLimits(
    fieldCount: 2, bodyBytes: 20, chunkLineBytes: 12, chunkExtensionBytes: 16, trailerBytes: 24)

private struct Decoded: Equatable {
    var body: [UInt8] = []
    var used = 0
    var isComplete = false
}

private func decode(
    _ pieces: [ArraySlice<UInt8>], limits: HTTPLimits
) -> Result<Decoded, MessageError> {
    var decoder = ChunkedDecoder(limits: limits)
    var decoded = Decoded()
    for piece in pieces {
        let piece = Array(piece)
        do {
            let (consumed, isComplete) = try decoder.decode(piece.span, into: &decoded.body)
            decoded.used += consumed
            decoded.isComplete = isComplete
        } catch {
            return .failure(error)
        }
        if decoded.isComplete { break }
    }
    return .success(decoded)
}

/// The body must be complete with its last byte, and not before.
private func checkEnd(_ decoded: Decoded, of bytes: [UInt8], limits: HTTPLimits) {
    let exact = decode([bytes[..<decoded.used]], limits: limits)
    demand(exact == .success(decoded), "what stands behind a body doesn't matter")
    let short = decode([bytes[..<(decoded.used - 1)]], limits: limits)
    guard case .success(let short) = short else { return demand(false, "a prefix isn't refused") }
    demand(!short.isComplete, "a body is complete with its last byte")
}

/// A body of these pieces, with an extension at every other and a trailer.
private func chunked(_ pieces: [ArraySlice<UInt8>]) -> [UInt8] {
    var text: [UInt8] = []
    for (index, piece) in pieces.enumerated() where !piece.isEmpty {
        let size = String(piece.count, radix: 16, uppercase: index.isMultiple(of: 3))
        text += Array((size + (index % 200 == 1 ? ";a=\"b\"" : "") + "\r\n").utf8)
        text += piece
        text += Array("\r\n".utf8)
    }
    return text + Array("0\r\nA: b\r\n\r\n".utf8)
}
