import CSimdJSON

/// A number type that arrays of numbers are read into and written from: `Float` or `Double`.
///
/// Its requirements work on whole arrays, so that code generic over it is as fast as code that
/// isn't.
public protocol JSONNumber: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// Reads the nested array at `index` of a tape, which must have this shape.
    ///
    /// - Parameters:
    ///   - words: The words of the tape.
    ///   - index: Where on the tape the array begins.
    ///   - shape: The length along each axis, of which there is at least one.
    ///   - count: The product of the shape, or half as many numbers as the array has words on the
    ///     tape where that is less: no array with more is of that shape.
    /// - Returns: The numbers, none if the array is of another shape, and how reading ended.
    static func readNumbers(
        from words: UnsafePointer<UInt64>, at index: Int, shape: [Int], count: Int
    ) -> (values: [Self], end: NumbersRead)

    /// Appends the numbers as a nested array of that shape, which must hold them.
    static func writeNumbers(
        _ values: UnsafeBufferPointer<Self>, shape: ArraySlice<Int>, to bytes: inout [UInt8])

    /// Whether none is NaN or infinite.
    static func areFinite(_ values: [Self]) -> Bool
}

/// How the reading of a nested array ended.
public struct NumbersRead {
    enum Reason {
        case complete
        case mismatch
        case outOfRange
    }

    /// Where on the tape it stopped.
    let index: Int
    /// How many arrays deep that place was expected to be.
    let depth: Int
    let reason: Reason
}

extension NumbersRead {
    fileprivate init(_ result: nabla_json_numbers) {
        index = Int(result.index)
        depth = Int(result.depth)
        reason = result.complete ? .complete : result.out_of_range ? .outOfRange : .mismatch
    }
}

extension Float: JSONNumber {
    /// Reads numbers rounded to float32.
    public static func readNumbers(
        from words: UnsafePointer<UInt64>, at index: Int, shape: [Int], count: Int
    ) -> (values: [Float], end: NumbersRead) {
        fill(count) { NumbersRead(nabla_json_read_f32(words, index, shape, shape.count, $0)) }
    }

    /// Appends numbers, each the shortest text that reads back to the same float32.
    public static func writeNumbers(
        _ values: UnsafeBufferPointer<Float>, shape: ArraySlice<Int>, to bytes: inout [UInt8]
    ) { appendRows(values, shape: shape, to: &bytes) }

    /// Whether none is NaN or infinite.
    public static func areFinite(_ values: [Float]) -> Bool { sumOfNothing(values).isZero }
}

extension Double: JSONNumber {
    /// Reads numbers as float64.
    public static func readNumbers(
        from words: UnsafePointer<UInt64>, at index: Int, shape: [Int], count: Int
    ) -> (values: [Double], end: NumbersRead) {
        fill(count) { NumbersRead(nabla_json_read_f64(words, index, shape, shape.count, $0)) }
    }

    /// Appends numbers, each the shortest text that reads back to the same float64.
    public static func writeNumbers(
        _ values: UnsafeBufferPointer<Double>, shape: ArraySlice<Int>, to bytes: inout [UInt8]
    ) { appendRows(values, shape: shape, to: &bytes) }

    /// Whether none is NaN or infinite.
    public static func areFinite(_ values: [Double]) -> Bool { sumOfNothing(values).isZero }
}

/// Makes an array of `count` numbers out of what `read` stores, or an empty one where it doesn't
/// complete.
@inline(__always)
private func fill<N: JSONNumber>(
    _ count: Int, _ read: (UnsafeMutablePointer<N>) -> NumbersRead
) -> (values: [N], end: NumbersRead) {
    var end = NumbersRead(index: 0, depth: 0, reason: .mismatch)
    let values = [N](unsafeUninitializedCapacity: max(1, count)) { buffer, filled in
        guard let start = buffer.baseAddress else { return }
        end = read(start)
        if end.reason == .complete { filled = count }
    }
    return (values, end)
}

/// The sum of 0 · v: 0 where all are finite, else NaN.
///
/// Eight sums at once, for one alone waits for each addition.
@inline(__always)
private func sumOfNothing<N: BinaryFloatingPoint & SIMDScalar>(_ values: [N]) -> N {
    var sums = SIMD8<N>(repeating: 0)
    let whole = values.count / 8 * 8
    for index in stride(from: 0, to: whole, by: 8) {
        for lane in 0..<8 { sums[lane] += 0 * values[index + lane] }
    }
    return values[whole...].reduce(sums.sum()) { $0 + 0 * $1 }
}
