import Foundation
import FuzzSupport
import NablaAPI
import NablaJSON
import NablaNetworks

/// Shows that packed numbers are read exactly where Foundation reads the same bytes, that only one
/// text stands for them, and that a tensor of them has the shape it was given.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let (cuts, bytes) = Cuts.taken(from: UnsafeBufferPointer(start: start, count: count))
    guard let text = String(validating: bytes, as: UTF8.self) else { return 0 }
    check(text, Float.self)
    check(text, Double.self)
    // What the fuzzer would hardly make up: base64 of its own bytes.
    let coded = Data(bytes).base64EncodedString()
    check(coded, Float.self)
    check(coded, Double.self)
    checkLong(text, bytes)
    for text in [text, coded] { checkTensor(text, shape: cuts.pieces(of: bytes).map(\.count)) }
    return 0
}

/// The numbers that a text stands for, by Foundation's reading.
private func expected<N: JSONNumber>(_ text: String, _ type: N.Type) -> [N]? {
    guard let data = Data(base64Encoded: text), data.base64EncodedString() == text,
        data.count.isMultiple(of: MemoryLayout<N>.size)
    else { return nil }
    let bytes = Array(data)
    let numbers = bytes.withUnsafeBytes { raw in
        stride(from: 0, to: raw.count, by: MemoryLayout<N>.size).map {
            raw.loadUnaligned(fromByteOffset: $0, as: N.self)
        }
    }
    return numbers.allSatisfy(\.isFinite) ? numbers : nil
}

private func check<N: JSONNumber>(_ text: String, _ type: N.Type) {
    var writer = JSONWriter()
    writer.string(text)
    let expected = expected(text, type)
    do {
        let numbers = try JSONDocument(parsing: writer.finish()).root.base64(type)
        demand(areSame(numbers, expected), "\(text) stands for \(String(describing: expected))")
        var writer = JSONWriter()
        writer.base64(numbers)
        let written = writer.finish()
        demand(written.elementsEqual("\"\(text)\"".utf8), "numbers have one text")
    } catch {
        demand(expected == nil, "\(text) is refused: \(error)")
        if case .base64(let offset) = error.kind {
            demand((0...text.utf8.count).contains(offset), "\(offset) is in the text")
        }
    }
}

/// Reads strings so long that they are read apart from the text around them, against the same read with it:
/// the fuzzer's bytes again and again, and its text somewhere in that.
private func checkLong(_ text: String, _ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    let repeated = Array(repeatElement(bytes, count: 30_000 / bytes.count + 1).joined())
    // A number takes 8 bytes at most.
    var long = Data(repeated[..<(repeated.count / 8 * 8)]).base64EncodedString()
    for _ in 0..<2 {
        var writer = JSONWriter()
        writer.string(long)
        let json = writer.finish()
        let whole = try? JSONDocument(parsing: json).root
        demand(areSame(whole, apart: json, Float.self), "float32 is read apart as with the rest")
        demand(areSame(whole, apart: json, Double.self), "float64 is read apart as with the rest")
        let place = long.utf8.index(
            long.startIndex, offsetBy: Int(bytes[0]) * long.utf8.count / 256)
        long.insert(contentsOf: text, at: place)
    }
}

private func areSame<N: JSONNumber>(_ whole: JSONValue?, apart json: [UInt8], _ type: N.Type)
    -> Bool
{
    func outcome(_ read: () throws -> [N]) -> Result<[N], JSONError>? {
        do {
            return .success(try read())
        } catch {
            return (error as? JSONError).map { .failure($0) }
        }
    }
    let apart = outcome { try JSONDocument.read(json) { try $0.base64(type) } }
    guard let whole else { return (try? apart?.get()) == nil }
    switch (outcome { try whole.base64(type) }, apart) {
    case (.success(let whole), .success(let apart)): return areSame(whole, apart)
    case (.failure(let whole), .failure(let apart)): return whole == apart
    default: return false
    }
}

private func areSame<N: JSONNumber>(_ one: [N], _ other: [N]?) -> Bool {
    guard let other, one.count == other.count else { return false }
    return zip(one, other).allSatisfy { $0 == $1 && $0.sign == $1.sign }
}

/// Reads a request whose inputs and targets are packed, with lengths that needn't fit them.
private func checkTensor(_ text: String, shape: [Int]) {
    for (dtype, count) in [
        (DType.float32, expected(text, Float.self)?.count),
        (.float64, expected(text, Double.self)?.count),
    ] {
        // A shape that fits, and the fuzzer's.
        for shape in [[1, count ?? 0], shape] {
            let request = request(text, dtype: dtype, shape: shape)
            guard let read = try? GradientsRequest(parsing: request),
                case .inline(let samples) = read.samples
            else {
                demand(
                    shape != [1, count] || count == 0, "a tensor of the shape \(shape) is read")
                continue
            }
            demand(Array(samples.inputs.shape) == shape, "a tensor has its shape")
            demand(!shape.contains(0), "a sample has numbers")
            demand(samples.inputs.count == count, "a tensor has its numbers")
            let again = try? GradientsRequest(parsing: read.json())
            demand(again == read, "a packed tensor comes back")
        }
    }
}

private func request(_ text: String, dtype: DType, shape: [Int]) -> [UInt8] {
    var writer = JSONWriter()
    writer.string(text)
    let text = String(decoding: writer.finish(), as: UTF8.self)
    let tensor = """
        {"dtype": "\(dtype.rawValue)", "shape": \(shape), "base64": \(text)}
        """
    let request = """
        {"network": {"run": "a"}, "loss": "mean_squared_error", "encoding": "base64",
        "samples": {"inputs": \(tensor), "targets": \(tensor)}}
        """
    return Array(request.utf8)
}
