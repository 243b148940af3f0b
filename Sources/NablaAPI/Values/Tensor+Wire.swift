import NablaJSON
import NablaNetworks

/// How the tensors of a response are written.
public enum Encoding: String, Sendable, CaseIterable {
    /// As nested arrays of numbers.
    case json
    /// Packed: little-endian bytes in base64, beside `dtype` and `shape`.
    case base64
}

extension Tensor {
    /// Reads nested arrays of numbers or a packed tensor, rounded to `dtype`.
    init(reading value: JSONValue, as dtype: DType) throws {
        if value.isObject {
            self = try Tensor(unpacking: value).converted(to: dtype)
            return
        }
        let shape = try value.checked { try Shape(value.lengths) }
        let numbers: Numbers =
            switch dtype {
            case .float32: .float32(try value.numbers(Float.self))
            case .float64: .float64(try value.numbers(Double.self))
            }
        self = try value.checked { try Tensor(shape: shape, numbers: numbers) }
    }

    private init(unpacking value: JSONValue) throws {
        let object = try value.object(["dtype", "shape", "base64"])
        let dtype = try object.read("dtype") { try DType(reading: $0) }
        let shape = try object.read("shape") { try $0.list { try $0.int() } }
        self = try object.read("base64") { text in
            let numbers: Numbers =
                switch dtype {
                case .float32: .float32(try text.base64(Float.self))
                case .float64: .float64(try text.base64(Double.self))
                }
            return try value.checked { try Tensor(shape: Shape(shape), numbers: numbers) }
        }
    }

    /// Writes the tensor in that encoding.
    func write(to writer: inout JSONWriter, as encoding: Encoding = .json) {
        switch encoding {
        case .json:
            switch numbers {
            case .float32(let values): writer.numbers(values, shape: shape)
            case .float64(let values): writer.numbers(values, shape: shape)
            }
        case .base64:
            writer.beginObject()
            writer.field("dtype", dtype.rawValue)
            writer.key("shape")
            writer.beginArray()
            for length in shape { writer.int(length) }
            writer.endArray()
            writer.key("base64")
            switch numbers {
            case .float32(let values): writer.base64(values)
            case .float64(let values): writer.base64(values)
            }
            writer.endObject()
        }
    }
}

extension DType {
    init(reading value: JSONValue) throws {
        self = try value.name(of: "dtype", among: DType.allCases.map(\.rawValue)) {
            DType(rawValue: $0)
        }
    }
}

extension Encoding {
    init(reading value: JSONValue) throws {
        self = try value.name(of: "encoding", among: Encoding.allCases.map(\.rawValue)) {
            Encoding(rawValue: $0)
        }
    }
}
