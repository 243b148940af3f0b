/// The length along each axis of a tensor, outermost first; without axes, the shape of one number.
///
/// Packed into two words: making a shape takes no memory and copying it counts no reference, which
/// a request with a dozen small tensors feels. So the more axes there are, the less room each has:
/// 60 bits with two, 30 with four, 20 with six and 15 with eight.
public struct Shape: Sendable, Equatable {
    /// The most axes a shape can have.
    public static let maximumAxes = 8

    /// The first half of the lengths, each as wide as there is room.
    ///
    /// Not named `first`, which in this module would hide the collection's: the length along axis 0.
    @usableFromInline var lower: UInt64
    /// The second half, and in the upper four bits the number of axes.
    @usableFromInline var upper: UInt64

    /// Makes a shape without axes.
    @inlinable
    public init() { (lower, upper) = (0, 0) }

    /// Makes a shape out of lengths that come from outside.
    ///
    /// - Throws: `InvalidValue` when they are more than `maximumAxes`, or one is negative or has no
    ///   room.
    @inlinable
    public init(_ lengths: some Collection<Int>) throws(InvalidValue) {
        guard lengths.count <= Shape.maximumAxes else {
            throw InvalidValue(
                .outOfRange,
                "a tensor has \(Shape.maximumAxes) axes at most, but this one has \(lengths.count)")
        }
        self.init(axes: lengths.count)
        for (axis, length) in lengths.enumerated() {
            guard set(length, along: axis) else {
                throw InvalidValue(
                    .outOfRange,
                    "a length is \(length), but in a tensor with \(lengths.count) axes must be from "
                        + "0 to \(maximumLength)")
            }
        }
    }

    /// Makes the shape of a list of that length, which is known to fit.
    @inlinable
    public init(_ length: Int) {
        self.init(words: length, 0, axes: 1)
    }

    /// Makes the shape of a matrix of that size, which is known to fit.
    @inlinable
    public init(_ rows: Int, _ columns: Int) {
        self.init(words: rows, columns, axes: 2)
    }

    /// Makes a shape of one or two axes, whose lengths have a word each.
    @inlinable @inline(__always)
    init(words first: Int, _ second: Int, axes: Int) {
        self.init(axes: axes)
        (lower, upper) = (
            UInt64(bitPattern: Int64(first)), upper | UInt64(bitPattern: Int64(second))
        )
        // In one comparison: the bits of both that a length between 0 and 2⁶⁰ hasn't.
        precondition((first | second) & ~(1 << 60 - 1) == 0, "a length is negative or has no room")
    }

    @inlinable
    init(axes: Int) { (lower, upper) = (0, UInt64(axes) << 60) }

    /// How many axes the lower word has; the upper has the others.
    @inlinable var axesOfLower: Int { (count + 1) / 2 }

    /// How many bits a length has.
    @inlinable var bits: Int {
        switch count {
        case 0...2: 60
        case 3...4: 30
        case 5...6: 20
        default: 15
        }
    }

    /// The longest an axis can be.
    @inlinable var maximumLength: Int { 1 << bits - 1 }

    /// Sets the length of an axis that has none yet; false where there's no room for it.
    @inlinable
    mutating func set(_ length: Int, along axis: Int) -> Bool {
        guard length >= 0, length <= maximumLength else { return false }
        if axis < axesOfLower {
            lower |= UInt64(length) << (axis * bits)
        } else {
            upper |= UInt64(length) << ((axis - axesOfLower) * bits)
        }
        return true
    }

    @inlinable
    mutating func place(_ length: Int, along axis: Int) {
        let fits = set(length, along: axis)
        precondition(fits, "a length is negative or has no room")
    }

    /// How many numbers a tensor of this shape holds; nil when they are too many to count.
    @inlinable @inline(__always)
    public var size: Int? {
        // Most shapes are lists and matrices.
        if count == 1 { return self[0] }
        if count == 2 {
            let (product, overflow) = self[0].multipliedReportingOverflow(by: self[1])
            return overflow ? nil : product
        }
        return packedSize
    }

    /// How many numbers a tensor of three axes and more holds.
    @usableFromInline var packedSize: Int? {
        var size = 1
        for axis in 0..<count {
            let (product, overflow) = size.multipliedReportingOverflow(by: self[axis])
            guard !overflow else { return nil }
            size = product
        }
        return size
    }
}

extension Shape: RandomAccessCollection {
    /// 0.
    @inlinable public var startIndex: Int { 0 }
    /// The number of axes.
    @inlinable public var endIndex: Int { count }
    /// The number of axes.
    @inlinable public var count: Int { Int(upper >> 60) }

    /// The length along an axis.
    @inlinable @inline(__always)
    public subscript(axis: Int) -> Int {
        precondition(axis >= 0 && axis < count, "the shape has no such axis")
        // Most shapes are lists and matrices.
        if count <= 2 {
            return Int(truncatingIfNeeded: axis == 0 ? lower : upper & (1 << 60 - 1))
        }
        return packedLength(along: axis)
    }

    /// The length along an axis of three and more.
    @usableFromInline
    func packedLength(along axis: Int) -> Int {
        let word =
            axis < axesOfLower ? lower >> (axis * bits) : upper >> ((axis - axesOfLower) * bits)
        return Int(truncatingIfNeeded: word) & maximumLength
    }

    /// Gives `body` the lengths one after another.
    @inlinable
    public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Int>) throws -> Result
    ) rethrows -> Result? {
        try withUnsafeTemporaryAllocation(of: Int.self, capacity: Shape.maximumAxes) { buffer in
            for axis in 0..<count { buffer[axis] = self[axis] }
            return try body(UnsafeBufferPointer(rebasing: buffer[0..<count]))
        }
    }
}

extension Shape: ExpressibleByArrayLiteral {
    /// Makes a shape of lengths that are known to fit.
    @inlinable
    public init(arrayLiteral elements: Int...) {
        precondition(elements.count <= Shape.maximumAxes, "a shape has 8 axes at most")
        self.init(axes: elements.count)
        for (axis, length) in elements.enumerated() {
            place(length, along: axis)
        }
    }
}

extension Shape: CustomStringConvertible {
    /// As in `[2, 3]`.
    public var description: String { "\(Array(self))" }
}
