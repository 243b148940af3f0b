/// Appends numbers as a nested array of that shape, which must hold them.
///
/// - Parameters:
///   - values: As many as the product of the shape.
///   - shape: The length along each axis; without axes, the one number stands by itself.
///   - bytes: What to append to.
@inline(__always)
func appendRows<N: ShortestDecimalFormat & BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<N>, shape: UnsafeBufferPointer<Int>, to bytes: inout [UInt8]
) {
    NumberText.withTables { $0.append(values, shape: shape, to: &bytes) }
}

extension NumberText {
    /// How many numbers are written at once at most, so that the room reserved ahead, which is for
    /// the longest, stays small.
    private static var pieceCount: Int { 1024 }

    fileprivate func append<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<N>, shape: UnsafeBufferPointer<Int>, to bytes: inout [UInt8]
    ) {
        if values.count <= Self.pieceCount {
            bytes.append(atMost: Self.room(for: values.count, shape: shape)) {
                write(values, shape: shape, at: $0)
            }
        } else if shape.count > 1 {
            bytes.append(UInt8(ascii: "["))
            let stride = values.count / shape[0]
            for row in 0..<shape[0] {
                if row > 0 { bytes.append(UInt8(ascii: ",")) }
                append(
                    values.part(row * stride, stride), shape: shape.part(1, shape.count - 1),
                    to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        } else {
            appendLongRow(values, to: &bytes)
        }
    }

    /// Appends a row in pieces.
    private func appendLongRow<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<N>, to bytes: inout [UInt8]
    ) {
        bytes.append(UInt8(ascii: "["))
        for first in stride(from: 0, to: values.count, by: Self.pieceCount) {
            let piece = values.part(first, min(Self.pieceCount, values.count - first))
            bytes.append(atMost: Self.room(for: piece.count)) { write(piece, at: $0) }
        }
        // The comma behind the last number becomes the bracket.
        bytes[bytes.count - 1] = UInt8(ascii: "]")
    }

    /// Writes numbers as a nested array of that shape, and gives the end of it.
    private func write<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<N>, shape: UnsafeBufferPointer<Int>,
        at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        guard let count = shape.first else { return place + write(values[0], at: place) }
        place.pointee = UInt8(ascii: "[")
        var end = place + 1
        if shape.count == 1 {
            end = write(values, at: end)
        } else {
            let stride = count == 0 ? 0 : values.count / count
            let inner = shape.part(1, shape.count - 1)
            for row in 0..<count {
                end = write(values.part(row * stride, stride), shape: inner, at: end)
                end.pointee = UInt8(ascii: ",")
                end += 1
            }
        }
        // The comma behind the last value becomes the bracket.
        if count > 0 { end -= 1 }
        end.pointee = UInt8(ascii: "]")
        return end + 1
    }

    /// Writes numbers, a comma behind each, and gives the end of them.
    @inline(__always)
    private func write<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<N>, at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var end = place
        for value in values {
            end += write(value, at: end)
            end.pointee = UInt8(ascii: ",")
            end += 1
        }
        return end
    }

    /// The most bytes that writing so many numbers touches, with brackets and commas of the shape.
    private static func room(
        for count: Int, shape: UnsafeBufferPointer<Int> = .init(start: nil, count: 0)
    ) -> Int {
        var rows = 1
        var brackets = 3
        for axis in shape.indices.dropLast() {
            rows *= shape[axis]
            brackets += 3 * rows
        }
        return count * (maximumCount + 1) + brackets + scratchCount
    }
}

extension UnsafeBufferPointer {
    /// Some of the elements, as a buffer of its own.
    @inline(__always)
    fileprivate func part(_ first: Int, _ count: Int) -> UnsafeBufferPointer {
        UnsafeBufferPointer(rebasing: self[first..<(first + count)])
    }
}
