import CSimdJSON

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
    @inlinable
    public func numbers<N: JSONNumber>(
        _ type: N.Type
    ) throws(JSONError) -> (shape: [Int], values: [N]) { try N.readNumbers(from: self) }

    /// Reads numbers with `read`, which takes the words of the tape, where on it the array begins,
    /// its shape and axes, and where to store the numbers.
    @inline(__always)
    func numbers<N: JSONNumber>(
        reading read: (
            UnsafePointer<UInt64>, Int, UnsafePointer<Int>, Int, UnsafeMutablePointer<N>
        ) -> nabla_json_numbers
    ) throws(JSONError) -> (shape: [Int], values: [N]) {
        let shape = try shapeOfFirstRows()
        // A number takes two words of the tape. A shape that wants more numbers than that is
        // ragged, and reading will say where; so the text alone bounds the memory.
        let most = (tape.end(of: index) - index) / 2
        let wanted = shape.reduce(1) { product, length in min(product * length, most) }
        let tape = self.tape
        let (values, result) = [N].filled(wanted) {
            read(tape.words, index, shape, shape.count, $0)
        }
        guard result.complete else { throw refusal(of: result, shape: shape, type: "\(N.self)") }
        return (shape, values)
    }

    /// The lengths found by following the first value of each array.
    private func shapeOfFirstRows() throws(JSONError) -> [Int] {
        let tape = self.tape
        guard tape.type(at: index) == .array else { throw wrongType(.array) }
        // Where an array that isn't empty ends the search, its first value is no array.
        var last = index
        while tape.type(at: last + 1) == .array { last += 1 }
        let axes = last - index + 1
        let first = tape.count(of: index)
        // Literals get their memory quicker than `Array`'s initialisers do.
        if axes == 1 { return [first] }
        if axes == 2 { return [first, tape.count(of: last)] }
        return [Int](unsafeUninitializedCapacity: axes) { shape, filled in
            for axis in 0..<axes { shape[axis] = tape.count(of: index + axis) }
            filled = axes
        }
    }

    private func refusal(of result: nabla_json_numbers, shape: [Int], type: String) -> JSONError {
        let found = JSONValue(document: document, index: Int(result.index))
        if result.out_of_range {
            return JSONError(
                .outOfRange, "the number is beyond the range of \(type)", at: found.pointer)
        }
        let depth = Int(result.depth)
        switch (depth < shape.count, found.kind) {
        case (true, .array):
            let count = tape.count(of: found.index)
            return JSONError(
                .ragged,
                "the row has \(count) values, but the first of its kind has \(shape[depth])",
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

extension Array where Element: BitwiseCopyable {
    /// Makes an array of `count` numbers out of what `read` stores, or an empty one where it
    /// doesn't complete.
    @inline(__always)
    fileprivate static func filled(
        _ count: Int, _ read: (UnsafeMutablePointer<Element>) -> nabla_json_numbers
    ) -> (values: [Element], end: nabla_json_numbers) {
        // A few numbers are read on the stack and copied: the initialiser for uninitialised memory
        // looks its class up, so that eight float64 took 54 ns with it, and 29 this way.
        let few = 64
        guard count > few else {
            return withUnsafeTemporaryAllocation(of: Element.self, capacity: few) { buffer in
                guard let start = buffer.baseAddress else { return ([], nabla_json_numbers()) }
                let end = read(start)
                guard end.complete else { return ([], end) }
                return (Array(UnsafeBufferPointer(start: start, count: count)), end)
            }
        }
        var end = nabla_json_numbers()
        let values = [Element](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            end = read(start)
            if end.complete { filled = count }
        }
        return (values, end)
    }
}
