/// Numbers in a rectangular arrangement, row-major: the last index runs fastest.
public struct Tensor: Sendable, Equatable {
    /// The numbers of a tensor, in the type they were given in.
    public enum Numbers: Sendable, Equatable {
        case float32([Float])
        case float64([Double])

        /// How many numbers there are.
        @inlinable
        public var count: Int {
            switch self {
            case .float32(let values): values.count
            case .float64(let values): values.count
            }
        }
    }

    /// The length along each axis; empty for a single number.
    public let shape: Shape
    /// The numbers, row-major; as many as the product of the shape.
    public let numbers: Numbers

    /// Makes a tensor of `shape` from numbers in row-major order.
    ///
    /// - Throws: `InvalidValue` when a length is negative or the numbers don't fill the shape.
    @inlinable
    public init(shape: Shape, numbers: Numbers) throws(InvalidValue) {
        guard let count = shape.size else {
            throw InvalidValue(.outOfRange, "no tensor has the shape \(shape)")
        }
        guard count == numbers.count else {
            throw InvalidValue(
                .shapeMismatch,
                "the shape \(shape) holds \(count) numbers, but there are \(numbers.count)")
        }
        self.shape = shape
        self.numbers = numbers
    }

    /// Makes a tensor of `shape` from an array in row-major order, without copying it.
    ///
    /// - Throws: `InvalidValue` when the numbers don't fill the shape.
    @inlinable
    public init<S: Scalar>(_ values: [S], shape: Shape) throws(InvalidValue) {
        try self.init(shape: shape, numbers: S.wrap(values))
    }

    /// Makes a tensor with one axis.
    @inlinable
    public init<S: Scalar>(_ values: [S]) {
        shape = Shape(values.count)
        numbers = S.wrap(values)
    }

    /// Makes a matrix from an array in row-major order, which is known to fill it.
    @inlinable
    package init<S: Scalar>(_ values: [S], rows: Int, columns: Int) {
        precondition(values.count == rows * columns, "the numbers don't fill the matrix")
        shape = Shape(rows, columns)
        numbers = S.wrap(values)
    }

    /// Makes a tensor of one number and no axis.
    @inlinable
    public init<S: Scalar>(_ value: S) {
        shape = Shape()
        numbers = S.wrap([value])
    }

    /// The type of the numbers.
    public var dtype: DType {
        switch numbers {
        case .float32: .float32
        case .float64: .float64
        }
    }

    /// How many numbers there are.
    public var count: Int { numbers.count }

    /// The numbers in row-major order as `S`, copied only when they are of the other type.
    @inlinable
    public func values<S: Scalar>(as type: S.Type) -> [S] { S.unwrap(numbers) }

    /// Writes the numbers in row-major order to memory that has room for them, as `S`.
    @inlinable @inline(__always)
    public func copy<S: Scalar>(to memory: UnsafeMutablePointer<S>) { S.copy(numbers, to: memory) }

    /// The same numbers, rounded to nearest where `dtype` is narrower.
    public func converted(to dtype: DType) -> Tensor {
        guard dtype != self.dtype else { return self }
        let converted: Numbers =
            switch dtype {
            case .float32: .float32(values(as: Float.self))
            case .float64: .float64(values(as: Double.self))
            }
        return Tensor(uncheckedShape: shape, numbers: converted)
    }

    private init(uncheckedShape shape: Shape, numbers: Numbers) {
        self.shape = shape
        self.numbers = numbers
    }
}
