/// The decimals of some numbers, found a few at a time.
///
/// What finding one waits for is done for the next meanwhile, which is why finding and writing take
/// turns here and are not one: as one they take 1.7 times as long.
struct FilledDecimals<N: ShortestDecimalFormat & BinaryFloatingPoint> {
    /// How many are found at a time: 1 KB of them, which is as much as lies on the stack.
    private static var most: Int { 64 }

    /// The numbers whose decimals aren't found yet.
    private var values: UnsafeBufferPointer<N>
    /// The decimals found, but for those that were taken.
    private var found: UnsafeMutableBufferPointer<FilledDecimal>
    private let memory: UnsafeMutableBufferPointer<FilledDecimal>
    private let scales = NumberTables.shared.scales

    /// Lends `body` the decimals of those numbers.
    ///
    /// Safe: `body` reads decimals only while the memory for them is there, and each only once it is
    /// found; there are as many as numbers, whose shape says how many it takes.
    @inline(__always)
    static func with<Result>(
        _ values: UnsafeBufferPointer<N>, _ body: (inout FilledDecimals) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: FilledDecimal.self, capacity: most) { memory in
            var decimals = FilledDecimals(
                values: values, found: UnsafeMutableBufferPointer(rebasing: memory[..<0]),
                memory: memory)
            return body(&decimals)
        }
    }

    /// Takes the next decimals: one or more, as long as there are any.
    @inline(__always)
    mutating func take(atMost count: Int) -> UnsafeBufferPointer<FilledDecimal> {
        if found.isEmpty { find() }
        let taken = min(count, found.count)
        defer { found = UnsafeMutableBufferPointer(rebasing: found[taken...]) }
        return UnsafeBufferPointer(rebasing: found[..<taken])
    }

    private mutating func find() {
        let count = min(Self.most, values.count)
        for index in 0..<count {
            memory.initializeElement(
                at: index, to: FilledDecimal(shortestFor: values[index], scales: scales))
        }
        found = UnsafeMutableBufferPointer(rebasing: memory[..<count])
        values = UnsafeBufferPointer(rebasing: values[count...])
    }
}
