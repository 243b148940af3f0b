import FuzzSupport
import NablaGzip

/// Shows that inflating keeps its bounds and takes whole streams alone, and that what was
/// compressed comes back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let (cuts, bytes) = Cuts.taken(from: UnsafeBufferPointer(start: start, count: count))
    checkInflating(bytes)
    checkReturning(bytes, in: cuts.pieces(of: bytes))
    return 0
}

private let spareBytes = 64

private func inflate(_ bytes: [UInt8], limit: Int) -> Result<[UInt8], GzipError> {
    do {
        return .success(try Gzip.inflated(bytes, limit: limit, spareBytes: spareBytes))
    } catch {
        return .failure(error)
    }
}

/// Inflates bytes of any kind.
private func checkInflating(_ bytes: [UInt8]) {
    for limit in [0, 1, 100, 1 << 20] {
        guard case .success(let inflated) = inflate(bytes, limit: limit) else { continue }
        demand(inflated.count <= limit, "what is inflated is bounded")
        demand(inflated.capacity - inflated.count >= spareBytes, "it has spare capacity")
        checkLimit(of: bytes, inflated)
        demand(
            inflate(Array(bytes.dropLast()), limit: limit) == .failure(.truncated),
            "a stream without its last byte is truncated")
    }
}

/// The limit is exact.
private func checkLimit(of bytes: [UInt8], _ inflated: [UInt8]) {
    demand(inflate(bytes, limit: inflated.count) == .success(inflated), "as many as may are many")
    guard !inflated.isEmpty else { return }
    demand(
        inflate(bytes, limit: inflated.count - 1) == .failure(.tooLarge),
        "one byte more than may be is too many")
}

/// Compresses the pieces of bytes as members behind one another.
private func checkReturning(_ bytes: [UInt8], in pieces: [ArraySlice<UInt8>]) {
    let members = pieces.compactMap { Gzip.compressed(Array($0)) }
    demand(members.count == pieces.count, "short bytes can be compressed")
    let coded = members.flatMap { $0 }
    demand(inflate(coded, limit: .max) == .success(bytes), "what was compressed comes back")
    checkLimit(of: coded, bytes)
    demand(
        inflate(Array(coded.dropLast()), limit: .max) == .failure(.truncated),
        "a stream without its last byte is truncated")
}
