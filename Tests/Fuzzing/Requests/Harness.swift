import FuzzSupport
import NablaHTTP

/// Shows that the same requests, or the same error, come of bytes however they arrive, and that
/// nothing exceeds its limit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let (cuts, bytes) = Cuts.taken(from: UnsafeBufferPointer(start: start, count: count))
    for limits in [HTTPLimits(), smallLimits] {
        let whole = Reading(of: [bytes[...]], limits: limits, receivesInPlace: false)
        whole.requests.forEach { check($0, against: limits) }
        let pieces = cuts.pieces(of: bytes)
        for receivesInPlace in [false, true] {
            let cut = Reading(of: pieces, limits: limits, receivesInPlace: receivesInPlace)
            demand(cut == whole, "\(cut), read in pieces, is \(whole)")
        }
    }
    return 0
}

/// Limits that short inputs can exceed.
private let smallLimits = HTTPLimits(
    headBytes: 160, targetBytes: 24, fieldCount: 4, bodyBytes: 40, chunkLineBytes: 12,
    chunkExtensionBytes: 16, trailerBytes: 24)

private func check(_ request: Reading.Request, against limits: HTTPLimits) {
    demand(!request.method.isEmpty, "a request has a method")
    demand(
        request.path == "*" || request.path.utf8.first == UInt8(ascii: "/"),
        "\(request.path) is * or begins with /")
    demand(!request.path.utf8.contains(0), "no path holds a NUL")
    demand(request.rawPath.utf8.count <= limits.targetBytes, "targets are bounded")
    demand(request.fields.count <= limits.fieldCount, "fields are bounded")
    for field in request.fields {
        demand(
            field.utf8.allSatisfy { $0 == 9 || ($0 >= 32 && $0 != 127) },
            "no field holds a control character")
    }
    demand(request.body.count <= limits.bodyBytes, "bodies are bounded")
    switch request.framing {
    case .none: demand(request.body.isEmpty, "without framing there is no body")
    case .length(let length): demand(request.body.count == length, "a body is as long as it says")
    case .chunked: break
    }
    demand(
        request.body.isEmpty
            || request.body.capacity - request.body.count >= RequestReader.spareBodyBytes,
        "a body has spare capacity")
}
