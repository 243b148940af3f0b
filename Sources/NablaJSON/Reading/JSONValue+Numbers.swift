extension JSONValue {
    /// Reads a nested array of numbers, of any depth, into one flat array.
    ///
    /// - Parameter type: `Float` or `Double`. A `Float` is rounded from the shortest decimal of the
    ///   float64 nearest to the text; so the shortest text of every `Float` reads back to it.
    /// - Returns: The length along each axis, and the numbers in row-major order. `[]` has the
    ///   shape [0].
    /// - Throws: `JSONError` of kind `wrongType`, pointing at the first value that is neither
    ///   number nor array; `ragged`, pointing at the first row whose length or depth isn't that of
    ///   the first; or `outOfRange`, pointing at a number beyond the type's range.
    public func numbers<N: JSONNumber>(
        _ type: N.Type
    ) throws(JSONError) -> (shape: [Int], values: [N]) {
        let shape = try shapeOfFirstRows()
        // A number takes two words of the tape. A shape that wants more numbers than that is
        // ragged, and reading will say where; so the text alone bounds the memory.
        let most = (tape.end(of: index) - index) / 2
        let wanted = shape.reduce(1) { product, length in min(product * length, most) }
        let (values, result) = N.readNumbers(
            from: tape.words, at: index, shape: shape, count: wanted)
        guard result.reason == .complete else {
            throw refusal(of: result, shape: shape, type: "\(type)")
        }
        return (shape, values)
    }

    /// The lengths found by following the first value of each array.
    private func shapeOfFirstRows() throws(JSONError) -> [Int] {
        guard kind == .array else { throw wrongType(.array) }
        var shape: [Int] = []
        var place = index
        while tape.type(at: place) == .array {
            let count = tape.count(of: place)
            shape.append(count)
            guard count > 0 else { break }
            place += 1
        }
        return shape
    }

    private func refusal(of result: NumbersRead, shape: [Int], type: String) -> JSONError {
        let found = JSONValue(document: document, index: result.index)
        if result.reason == .outOfRange {
            return JSONError(
                .outOfRange, "the number is beyond the range of \(type)", at: found.pointer)
        }
        switch (result.depth < shape.count, found.kind) {
        case (true, .array):
            let count = tape.count(of: result.index)
            return JSONError(
                .ragged,
                "the row has \(count) values, but the first of its kind has \(shape[result.depth])",
                at: found.pointer)
        case (true, .number):
            return JSONError(
                .ragged, "expected a row, as before, found a number", at: found.pointer)
        case (false, .array):
            return JSONError(
                .ragged, "expected a number, as before, found a row", at: found.pointer)
        case (true, _): return found.wrongType(.array)
        case (false, _): return found.wrongType(.number)
        }
    }
}
