import CSimdJSON

/// A number type that arrays of numbers are read into and written from: `Float` or `Double`.
///
/// Its requirements work on whole arrays and are implemented where their parts are, so that code
/// generic over it is as fast as code that isn't.
public protocol JSONNumber: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// Reads a nested array, as `JSONValue.numbers` does.
    static func readNumbers(
        from value: JSONValue
    ) throws(JSONError) -> [Self]

    /// Writes numbers as a nested array of that shape, which must hold them.
    static func writeNumbers(
        _ values: UnsafeBufferPointer<Self>, shape: UnsafeBufferPointer<Int>,
        to writer: inout JSONWriter)

    /// Reads the numbers of a text, as `JSONForm.withNumbers` does.
    static func readForm(_ form: JSONForm, of text: [UInt8], _ body: (Span<Self>) -> Void) -> Bool

    /// Writes a text, as `JSONForm.text` does.
    static func writeForm(_ form: JSONForm, with numbers: Span<Self>) -> [UInt8]

    /// Whether none is NaN or infinite.
    static func areFinite(_ values: UnsafeBufferPointer<Self>) -> Bool
}

extension Float: JSONNumber {
    /// Reads numbers rounded to float32.
    public static func readNumbers(
        from value: JSONValue
    ) throws(JSONError) -> [Float] {
        if let region = value.region {
            return try region.regions.numbers(of: region.number) {
                nabla_json_read_part_f32($0, $1, $2, $3, $4, $5, $6)
            }
        }
        return try value.numbers { nabla_json_read_f32($0, $1, $2, $3, $4) }
    }

    /// Writes numbers, each the shortest text that reads back to the same float32.
    public static func writeNumbers(
        _ values: UnsafeBufferPointer<Float>, shape: UnsafeBufferPointer<Int>,
        to writer: inout JSONWriter
    ) { writer.writeNumbers(values, shape: shape) }

    /// Reads the numbers of a text of that form.
    public static func readForm(
        _ form: JSONForm, of text: [UInt8], _ body: (Span<Float>) -> Void
    ) -> Bool {
        form.withNumbers(of: text, body) { nabla_json_read_form_f32($0, $1, $2, $3, $4, $5, $6) }
    }

    /// Writes a text of that form.
    public static func writeForm(_ form: JSONForm, with numbers: Span<Float>) -> [UInt8] {
        form.write(numbers)
    }

    /// Whether none is NaN or infinite.
    public static func areFinite(_ values: UnsafeBufferPointer<Float>) -> Bool {
        sumOfNothing(values).isZero
    }
}

extension Double: JSONNumber {
    /// Reads numbers as float64.
    public static func readNumbers(
        from value: JSONValue
    ) throws(JSONError) -> [Double] {
        if let region = value.region {
            return try region.regions.numbers(of: region.number) {
                nabla_json_read_part_f64($0, $1, $2, $3, $4, $5, $6)
            }
        }
        return try value.numbers { nabla_json_read_f64($0, $1, $2, $3, $4) }
    }

    /// Writes numbers, each the shortest text that reads back to the same float64.
    public static func writeNumbers(
        _ values: UnsafeBufferPointer<Double>, shape: UnsafeBufferPointer<Int>,
        to writer: inout JSONWriter
    ) { writer.writeNumbers(values, shape: shape) }

    /// Reads the numbers of a text of that form.
    public static func readForm(
        _ form: JSONForm, of text: [UInt8], _ body: (Span<Double>) -> Void
    ) -> Bool {
        form.withNumbers(of: text, body) { nabla_json_read_form_f64($0, $1, $2, $3, $4, $5, $6) }
    }

    /// Writes a text of that form.
    public static func writeForm(_ form: JSONForm, with numbers: Span<Double>) -> [UInt8] {
        form.write(numbers)
    }

    /// Whether none is NaN or infinite.
    public static func areFinite(_ values: UnsafeBufferPointer<Double>) -> Bool {
        sumOfNothing(values).isZero
    }
}

/// The sum of 0 · v: 0 where all are finite, else NaN.
///
/// Sixteen sums at once, for one alone waits for each addition.
@inline(__always)
private func sumOfNothing<N: BinaryFloatingPoint & SIMDScalar>(
    _ values: UnsafeBufferPointer<N>
) -> N {
    var sums = SIMD16<N>(repeating: 0)
    let bytes = UnsafeRawBufferPointer(values)
    let whole = values.count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
        let offset = index * MemoryLayout<N>.stride
        sums += 0 * bytes.loadUnaligned(fromByteOffset: offset, as: SIMD16<N>.self)
    }
    return values[whole...].reduce(sums.sum()) { $0 + 0 * $1 }
}
