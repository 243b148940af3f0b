/// The number types a computation can run in, under their names on the wire.
public enum DType: String, Sendable, CaseIterable {
    case float32
    case float64

    /// The width of one number in bytes.
    public var byteCount: Int {
        switch self {
        case .float32: 4
        case .float64: 8
        }
    }
}

/// A number type that tensors hold and computations run in: `Float` or `Double`.
public protocol Scalar: BinaryFloatingPoint, Sendable {
    /// The type's name on the wire.
    static var dtype: DType { get }
    /// Wraps an array of this type without copying it.
    static func wrap(_ values: [Self]) -> Tensor.Numbers
    /// Gives the numbers in this type: without a copy where they are of it already, else rounded to nearest.
    static func unwrap(_ numbers: Tensor.Numbers) -> [Self]
    /// Writes the numbers to memory that has room for them, rounded to nearest.
    static func copy(_ numbers: Tensor.Numbers, to memory: UnsafeMutablePointer<Self>)
}

extension Scalar {
    /// Writes numbers of this type to memory.
    @inlinable @inline(__always)
    static func copy(_ values: [Self], to memory: UnsafeMutablePointer<Self>) {
        values.withUnsafeBufferPointer { values in
            guard let start = values.baseAddress else { return }
            memory.update(from: start, count: values.count)
        }
    }

    /// Writes numbers of another type to memory.
    @inlinable @inline(__always)
    static func convert<Other: Scalar>(_ values: [Other], to memory: UnsafeMutablePointer<Self>) {
        values.withUnsafeBufferPointer { values in
            for index in values.indices { memory[index] = Self(values[index]) }
        }
    }

    /// The numbers of another type, in this one.
    @inlinable @inline(__always)
    static func converted<Other: Scalar>(_ values: [Other]) -> [Self] {
        [Self](unsafeUninitializedCapacity: values.count) { memory, count in
            if let start = memory.baseAddress { convert(values, to: start) }
            count = values.count
        }
    }
}

extension Float: Scalar {
    /// The name on the wire.
    @inlinable
    public static var dtype: DType { .float32 }

    /// Wraps without a copy.
    @inlinable
    public static func wrap(_ values: [Float]) -> Tensor.Numbers { .float32(values) }

    /// Copies only numbers of the other type.
    @inlinable
    public static func unwrap(_ numbers: Tensor.Numbers) -> [Float] {
        switch numbers {
        case .float32(let values): values
        case .float64(let values): converted(values)
        }
    }

    /// Writes the numbers to memory.
    @inlinable @inline(__always)
    public static func copy(_ numbers: Tensor.Numbers, to memory: UnsafeMutablePointer<Float>) {
        switch numbers {
        case .float32(let values): copy(values, to: memory)
        case .float64(let values): convert(values, to: memory)
        }
    }
}

extension Double: Scalar {
    /// The name on the wire.
    @inlinable
    public static var dtype: DType { .float64 }

    /// Wraps without a copy.
    @inlinable
    public static func wrap(_ values: [Double]) -> Tensor.Numbers { .float64(values) }

    /// Copies only numbers of the other type.
    @inlinable
    public static func unwrap(_ numbers: Tensor.Numbers) -> [Double] {
        switch numbers {
        case .float32(let values): converted(values)
        case .float64(let values): values
        }
    }

    /// Writes the numbers to memory.
    @inlinable @inline(__always)
    public static func copy(_ numbers: Tensor.Numbers, to memory: UnsafeMutablePointer<Double>) {
        switch numbers {
        case .float32(let values): convert(values, to: memory)
        case .float64(let values): copy(values, to: memory)
        }
    }
}
