import CSimdJSON

/// A number type that arrays of numbers are read into and written from: `Float` or `Double`.
///
/// Its requirements work on whole arrays, so that code generic over it is as fast as code that isn't.
public protocol JSONNumber: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// Reads the nested array at `index` of a tape, which must have this shape, onto `values`.
    ///
    /// `values` must have room for half as many numbers as the array has words on the tape.
    static func readNumbers(
        onto values: UnsafeMutablePointer<Self>, from tape: UnsafePointer<UInt64>, at index: Int,
        shape: [Int]
    ) -> NumbersRead
}

/// How the reading of a nested array ended.
public struct NumbersRead {
    enum Reason {
        case complete
        case mismatch
        case outOfRange
    }

    /// Where on the tape it stopped.
    let index: Int
    /// How many arrays deep that place was expected to be.
    let depth: Int
    let reason: Reason
}

extension NumbersRead {
    fileprivate init(_ result: nabla_json_numbers) {
        index = Int(result.index)
        depth = Int(result.depth)
        reason = result.complete ? .complete : result.out_of_range ? .outOfRange : .mismatch
    }
}

extension Float: JSONNumber {
    /// Reads numbers rounded to float32.
    public static func readNumbers(
        onto values: UnsafeMutablePointer<Float>, from tape: UnsafePointer<UInt64>, at index: Int,
        shape: [Int]
    ) -> NumbersRead {
        NumbersRead(nabla_json_read_f32(tape, index, shape, shape.count, values))
    }
}

extension Double: JSONNumber {
    /// Reads numbers as float64.
    public static func readNumbers(
        onto values: UnsafeMutablePointer<Double>, from tape: UnsafePointer<UInt64>, at index: Int,
        shape: [Int]
    ) -> NumbersRead {
        NumbersRead(nabla_json_read_f64(tape, index, shape, shape.count, values))
    }
}
