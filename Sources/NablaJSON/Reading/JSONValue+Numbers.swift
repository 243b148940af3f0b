import CSimdJSON

extension JSONValue {
    /// The length along each axis of a nested array, as found by following the first value of each
    /// array; `[]` has one axis, of length 0.
    ///
    /// - Throws: `JSONError` of kind `wrongType` when it's no array.
    public var lengths: JSONLengths {
        get throws(JSONError) {
            JSONLengths(document: document, index: index, count: try countAxes())
        }
    }

    @inline(__always)
    private func countAxes() throws(JSONError) -> Int {
        let tape = self.tape
        guard tape.type(at: index) == .array else { throw wrongType(.array) }
        if let region { return region.regions.axes(of: region.number) }
        // Where an array that isn't empty ends the search, its first value is no array.
        var last = index
        while tape.type(at: last + 1) == .array { last += 1 }
        return last - index + 1
    }

    /// Reads a nested array of numbers, of any depth, into one flat array.
    ///
    /// - Parameter type: `Float` or `Double`. A `Float` is rounded from the shortest decimal of the
    ///   float64 nearest to the text; so the shortest text of every `Float` reads back to it.
    /// - Returns: The numbers in row-major order, as many as the product of `lengths`.
    /// - Throws: `JSONError` of kind `wrongType`, pointing at the first value that is neither
    ///   number nor array; `ragged`, pointing at the first row whose length or depth isn't that of
    ///   the first; or `outOfRange`, pointing at a number beyond the type's range.
    @inlinable
    public func numbers<N: JSONNumber>(_ type: N.Type) throws(JSONError) -> [N] {
        try N.readNumbers(from: self)
    }

    /// Reads numbers with `read`, which takes the words of the tape, where on it the array begins,
    /// its shape and axes, and where to store the numbers.
    @inline(__always)
    func numbers<N: JSONNumber>(
        reading read: (
            UnsafePointer<UInt64>, Int, UnsafePointer<Int>, Int, UnsafeMutablePointer<N>
        ) -> nabla_json_numbers
    ) throws(JSONError) -> [N] {
        let axes = try countAxes()
        let tape = self.tape
        // A number takes two words of the tape. A shape that wants more numbers than that is
        // ragged, and reading will say where; so the text alone bounds the memory.
        let most = (tape.end(of: index) - index) / 2
        let (values, result) = withUnsafeTemporaryAllocation(of: Int.self, capacity: axes) {
            shape in
            var wanted = 1
            for axis in 0..<axes {
                shape[axis] = tape.count(of: index + axis)
                wanted = min(wanted * shape[axis], most)
            }
            guard let lengths = shape.baseAddress else { return ([N](), nabla_json_numbers()) }
            return [N].filled(wanted) { read(tape.words, index, lengths, axes, $0) }
        }
        guard result.complete else { throw refusal(of: result, axes: axes, type: "\(N.self)") }
        return values
    }

    private func refusal(of result: nabla_json_numbers, axes: Int, type: String) -> JSONError {
        let found = JSONValue(document: document, index: Int(result.index))
        if result.out_of_range {
            return JSONError(
                .outOfRange, "the number is beyond the range of \(type)", at: found.pointer)
        }
        let depth = Int(result.depth)
        switch (depth < axes, found.kind) {
        case (true, .array):
            let count = tape.count(of: found.index)
            let first = tape.count(of: index + depth)
            return JSONError(
                .ragged, "the row has \(count) values, but the first of its kind has \(first)",
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

/// The length along each axis of a nested array, outermost first.
public struct JSONLengths: RandomAccessCollection {
    private let document: JSONDocument
    private let index: Int
    /// How many axes there are.
    public let count: Int

    fileprivate init(document: JSONDocument, index: Int, count: Int) {
        self.document = document
        self.index = index
        self.count = count
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of axes.
    public var endIndex: Int { count }

    /// The length along an axis.
    public subscript(axis: Int) -> Int {
        precondition(axis >= 0 && axis < count, "the array has no such axis")
        if let region = JSONValue(document: document, index: index).region {
            return region.regions.length(of: region.number, along: axis)
        }
        return document.tape.count(of: index + axis)
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
