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
        case .float64(let values): values.map(Float.init)
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
        case .float32(let values): values.map(Double.init)
        case .float64(let values): values
        }
    }
}
