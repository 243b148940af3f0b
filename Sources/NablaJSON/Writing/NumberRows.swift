/// Appends the numbers as a nested array of that shape.
///
/// - Parameters:
///   - values: As many as the product of the shape.
///   - shape: The length along each axis.
///   - bytes: What to append to.
@inline(__always)
func appendRows<N: ShortestDecimalFormat & BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<N>, shape: ArraySlice<Int>, to bytes: inout [UInt8]
) {
    NumberText.withTables { text in
        guard shape.isEmpty else {
            appendRows(values, shape: shape, to: &bytes, as: text)
            return
        }
        bytes.append(addingCapacity: NumberText.scratchCount) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let start = buffer.baseAddress else { return }
                count += text.write(values[0], at: start + count)
            }
        }
    }
}

private func appendRows<N: ShortestDecimalFormat & BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<N>, shape: ArraySlice<Int>, to bytes: inout [UInt8],
    as text: NumberText
) {
    guard shape.count > 1, let rows = shape.first else {
        appendRow(values, to: &bytes, as: text)
        return
    }
    bytes.append(UInt8(ascii: "["))
    let stride = rows == 0 ? 0 : values.count / rows
    for row in 0..<rows {
        if row > 0 { bytes.append(UInt8(ascii: ",")) }
        let slice = UnsafeBufferPointer(rebasing: values[(row * stride)..<((row + 1) * stride)])
        appendRows(slice, shape: shape.dropFirst(), to: &bytes, as: text)
    }
    bytes.append(UInt8(ascii: "]"))
}

/// Appends one innermost row, in pieces, so that the room reserved ahead stays small.
private func appendRow<N: ShortestDecimalFormat & BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<N>, to bytes: inout [UInt8], as text: NumberText
) {
    let pieceCount = 1024
    var first = 0
    bytes.append(UInt8(ascii: "["))
    while first < values.count {
        let end = min(first + pieceCount, values.count)
        let room = (end - first) * (NumberText.maximumCount + 1) + NumberText.scratchCount
        bytes.append(addingCapacity: room) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let start = buffer.baseAddress else { return }
                var place = start + count
                for index in first..<end {
                    place += text.write(values[index], at: place)
                    place.pointee = UInt8(ascii: ",")
                    place += 1
                }
                count = place - start
            }
        }
        first = end
    }
    // The comma behind the last number becomes the bracket.
    if values.isEmpty {
        bytes.append(UInt8(ascii: "]"))
    } else {
        bytes[bytes.count - 1] = UInt8(ascii: "]")
    }
}
