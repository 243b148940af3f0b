/// Numbers that begin where a cache line does, and grow; a value, as an array is.
///
/// Compiled products read and write vectors that are as long as a line where the processor has
/// such; one that lies in two lines takes two accesses. Swift aligns what arrays hold to 16 bytes at
/// most.
struct AlignedNumbers<S: Real>: Sendable {
    /// Bytes of a cache line; no type's numbers lie across its end.
    private static var line: Int { 64 }

    /// How many numbers whole lines have that hold `count`.
    @inline(__always)
    static func inLines(_ count: Int) -> Int {
        let perLine = line / MemoryLayout<S>.stride
        return (count &+ perLine &- 1) / perLine &* perLine
    }

    /// The numbers of one value, or of several that were copied and not changed since.
    ///
    /// Unchecked because a pointer isn't `Sendable`. It is safe: they are only written for a value
    /// that is alone in having them, and go with the last one.
    private final class Block: @unchecked Sendable {
        let start: UnsafeMutablePointer<S>
        let count: Int

        /// The numbers of another block, and zeros up to `count`.
        init(count: Int, _ former: Block?) {
            let bytes = UnsafeMutableRawPointer.allocate(
                byteCount: count * MemoryLayout<S>.stride, alignment: AlignedNumbers.line)
            start = bytes.bindMemory(to: S.self, capacity: count)
            let known = former?.count ?? 0
            if let former { start.initialize(from: former.start, count: known) }
            (start + known).initialize(repeating: 0, count: count - known)
            self.count = count
        }

        deinit { start.deallocate() }
    }

    /// Nil where there are none.
    private var block: Block?

    /// How many numbers there are.
    var count: Int { block?.count ?? 0 }

    /// None.
    init() {}

    /// A copy of an array's.
    init(_ numbers: [S]) {
        extend(to: numbers.count)
        withPointer { start in
            numbers.withUnsafeBufferPointer { numbers in
                guard let start, let first = numbers.baseAddress else { return }
                start.update(from: first, count: numbers.count)
            }
        }
    }

    /// Appends zeros up to `count` numbers.
    @inline(__always)
    mutating func extend(to count: Int) {
        if count > block?.count ?? 0 { block = Block(count: count, block) }
    }

    /// Gives `body` a pointer to the first number, to read and write; nil where there is none.
    @inline(__always)
    mutating func withPointer<Result>(_ body: (UnsafeMutablePointer<S>?) -> Result) -> Result {
        if !isKnownUniquelyReferenced(&block), let former = block {
            block = Block(count: former.count, former)
        }
        return withExtendedLifetime(block) { body($0?.start) }
    }

    /// Gives `body` the first `count` numbers, which are there.
    @inline(__always)
    func withNumbers<Result, Failure: Error>(
        _ count: Int, _ body: (UnsafeBufferPointer<S>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(block) {} }
        precondition(count <= block?.count ?? 0)
        return try body(UnsafeBufferPointer(start: block?.start, count: count))
    }

    /// A copy of some of the numbers.
    subscript(range: Range<Int>) -> [S] {
        withNumbers(range.upperBound) { [S](UnsafeBufferPointer(rebasing: $0[range])) }
    }
}
