/// Appends numbers as a nested array of that shape, which must hold them.
///
/// - Parameters:
///   - values: As many as the product of the shape.
///   - shape: The length along each axis; without axes, the one number stands by itself.
///   - runner: Runs the parts that many numbers are written in.
///   - bytes: What to append to.
@inline(__always)
func appendRows<N: ShortestDecimalFormat & BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<N>, shape: UnsafeBufferPointer<Int>, sharing runner: PartRunner,
    to bytes: inout [UInt8]
) {
    NumberText().append(values, shape: shape, sharing: runner, to: &bytes)
}

extension NumberText {
    /// How many numbers are written at once at most, so that the room reserved ahead, which is for
    /// the longest, stays small.
    private static var pieceCount: Int { 1024 }
    /// How many numbers a part has that threads share: 0.2 ms of work.
    private static var partCount: Int { 8192 }
    /// How many parts' texts are kept beside the whole text at most: some 3 MB.
    private static var mostParts: Int { 16 }

    fileprivate func append<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<N>, shape: UnsafeBufferPointer<Int>,
        sharing runner: PartRunner, to bytes: inout [UInt8]
    ) {
        if values.count <= Self.pieceCount {
            bytes.append(atMost: Self.room(for: values.count, shape: shape)) { place in
                FilledDecimals.with(values) { write(&$0, shape: shape, at: place) }
            }
        } else if runner.threads < 2 || values.count < 2 * Self.partCount {
            append(0..<values.count, of: values, shape: shape, to: &bytes)
        } else {
            let together = Self.mostParts * Self.partCount
            for first in stride(from: 0, to: values.count, by: together) {
                let numbers = first..<min(first + together, values.count)
                for text in Self.texts(of: numbers, of: values, shape: shape, sharing: runner) {
                    bytes += text
                }
            }
        }
    }

    /// The texts of some numbers, to be put one behind the other.
    private static func texts<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        of numbers: Range<Int>, of values: UnsafeBufferPointer<N>,
        shape: UnsafeBufferPointer<Int>, sharing runner: PartRunner
    ) -> [[UInt8]] {
        let count = (numbers.count + partCount - 1) / partCount
        var texts = [[UInt8]](repeating: [], count: count)
        texts.withUnsafeMutableBufferPointer { texts in
            // Safe: all parts read the same numbers, each makes one text, and all have returned
            // before this does.
            nonisolated(unsafe) let (texts, values, shape) = (texts, values, shape)
            runner.run(count) { part in
                let first = numbers.lowerBound + part * partCount
                let last = min(first + partCount, numbers.upperBound)
                var text: [UInt8] = []
                // What most float64 need.
                text.reserveCapacity(22 * (last - first) + 64)
                NumberText().append(first..<last, of: values, shape: shape, to: &text)
                texts[part] = text
            }
        }
        return texts
    }

    /// Appends some of the numbers of a nested array, with all that belongs between them.
    private func append<N: ShortestDecimalFormat & BinaryFloatingPoint>(
        _ numbers: Range<Int>, of values: UnsafeBufferPointer<N>, shape: UnsafeBufferPointer<Int>,
        to bytes: inout [UInt8]
    ) {
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: Self.pieceCount) {
            let last = min(first + Self.pieceCount, numbers.upperBound)
            let room =
                (last - first) * (Self.maximumCount + 1 + 2 * shape.count) + Self.scratchCount
            bytes.append(atMost: room) { place in
                FilledDecimals.with(values.part(first, last - first)) {
                    write(first..<last, from: &$0, of: values.count, shape: shape, at: place)
                }
            }
        }
    }

    /// Writes some of the `total` numbers of a nested array, and gives the end of them.
    ///
    /// Brackets that begin or end at them belong to them, as does the comma behind all but the array's last.
    private func write<N>(
        _ numbers: Range<Int>, from decimals: inout FilledDecimals<N>, of total: Int,
        shape: UnsafeBufferPointer<Int>, at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        let row = shape[shape.count - 1]
        var end = place
        var index = numbers.lowerBound
        while index < numbers.upperBound {
            let column = index % row
            if column == 0 {
                let count = Self.arrays(at: index, shape: shape)
                end.update(repeating: UInt8(ascii: "["), count: count)
                end += count
            }
            let stop = min(index + row - column, numbers.upperBound)
            end = write(stop - index, of: &decimals, at: end)
            index = stop
            guard index % row == 0 else { continue }
            // The comma behind a row's last number becomes the bracket.
            let count = Self.arrays(at: index, shape: shape)
            (end - 1).update(repeating: UInt8(ascii: "]"), count: count)
            end += count - 1
            guard index < total else { continue }
            end.pointee = UInt8(ascii: ",")
            end += 1
        }
        return end
    }

    /// How many arrays of that shape begin before a number, and end behind the one before it.
    private static func arrays(at index: Int, shape: UnsafeBufferPointer<Int>) -> Int {
        var (size, count) = (1, 0)
        for length in shape.reversed() {
            size *= length
            guard index.isMultiple(of: size) else { break }
            count += 1
        }
        return count
    }

    /// Writes numbers as a nested array of that shape, and gives the end of it.
    private func write<N>(
        _ decimals: inout FilledDecimals<N>, shape: UnsafeBufferPointer<Int>,
        at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        // Without the comma.
        guard let count = shape.first else { return write(1, of: &decimals, at: place) - 1 }
        place.pointee = UInt8(ascii: "[")
        var end = place + 1
        if shape.count == 1 {
            end = write(count, of: &decimals, at: end)
        } else {
            let inner = shape.part(1, shape.count - 1)
            for _ in 0..<count {
                end = write(&decimals, shape: inner, at: end)
                end.pointee = UInt8(ascii: ",")
                end += 1
            }
        }
        // The comma behind the last value becomes the bracket.
        if count > 0 { end -= 1 }
        end.pointee = UInt8(ascii: "]")
        return end + 1
    }

    /// Writes the next so many numbers, a comma behind each, and gives the end of them.
    @inline(__always)
    private func write<N>(
        _ count: Int, of decimals: inout FilledDecimals<N>, at place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var end = place
        var left = count
        while left > 0 {
            let next = decimals.take(atMost: left)
            end = write(next, at: end)
            left -= next.count
        }
        return end
    }

    /// The most bytes that writing so many numbers touches, with brackets and commas of the shape.
    private static func room(for count: Int, shape: UnsafeBufferPointer<Int>) -> Int {
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
