import NablaJSON
public import NablaNetworks

/// Named tensors in one run of bytes, as the safetensors format has them.
///
/// Eight bytes with the length of a JSON header (little-endian), the header, and the tensors' numbers one
/// behind the other. The header says for each tensor its `dtype`, its `shape` and where its bytes lie
/// behind the header, and has texts under `__metadata__`.
/// - Source: the format's description in the safetensors repository, "Format".
public struct Safetensors: Sendable, Equatable {
    /// The media type that it is sent as.
    public static let mediaType = "application/octet-stream"
    /// The longest header that is read, in bytes: the bound that the format sets.
    private static let mostHeaderBytes = 100_000_000

    /// The tensors by name, in the order their numbers lie in.
    public private(set) var tensors: [(name: String, tensor: Tensor)]
    /// Texts about them.
    public var metadata: [String: String]

    /// Puts tensors together, whose names must differ.
    public init(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// The tensor of that name.
    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

    /// Whether they have the same tensors under the same names in the same order, and the same texts.
    public static func == (left: Safetensors, right: Safetensors) -> Bool {
        left.metadata == right.metadata
            && left.tensors.elementsEqual(right.tensors) {
                $0.name == $1.name && $0.tensor == $1.tensor
            }
    }
}

extension Safetensors {
    /// The file's bytes; the same tensors and texts always give the same.
    public func bytes() -> [UInt8] {
        var bytes = Safetensors.head(
            of: tensors.map { ($0.name, $0.tensor.dtype, $0.tensor.shape) }, metadata: metadata)
        bytes.reserveCapacity(
            tensors.reduce(bytes.count) { $0 + $1.tensor.count * $1.tensor.dtype.byteCount })
        for (_, tensor) in tensors {
            switch tensor.numbers {
            case .float32(let values): bytes.append(littleEndian: values.map { $0.bitPattern })
            case .float64(let values): bytes.append(littleEndian: values.map { $0.bitPattern })
            }
        }
        return bytes
    }

    /// What a file has in front of the numbers of its tensors.
    static func head(
        of tensors: [(name: String, dtype: DType, shape: Shape)], metadata: [String: String] = [:]
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if !metadata.isEmpty {
            writer.key("__metadata__")
            metadata.write(to: &writer)
        }
        var offset = 0
        for (name, dtype, shape) in tensors {
            let end = offset + shape.reduce(1, *) * dtype.byteCount
            writer.key(escaping: name)
            writer.beginObject()
            writer.field("dtype", dtype == .float32 ? "F32" : "F64")
            writer.key("shape")
            shape.write(to: &writer)
            writer.key("data_offsets")
            writer.beginArray()
            writer.int(offset)
            writer.int(end)
            writer.endArray()
            writer.endObject()
            offset = end
        }
        writer.endObject()
        var header = writer.finish()
        // Spaces up to a multiple of eight, so that the numbers lie where they can be mapped.
        header += Array(repeating: 0x20, count: (8 - header.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    }

    /// Reads a file of float32 and float64 tensors.
    ///
    /// - Throws: `Problem` that says what is wrong: `malformed-request` for what is no such file,
    ///   `inconsistent` for tensors of other types, `out-of-range` for NaN and infinity.
    public init(parsing bytes: [UInt8]) throws(Problem) {
        let length = try Safetensors.headerLength(in: bytes, byteCount: bytes.count)
        let start = 8 + length
        let header = try Header(
            parsing: Array(bytes[8..<start]), bodyBytes: bytes.count - start)
        self.init([], metadata: header.metadata)
        for part in header.parts {
            tensors.append(
                (part.name, try part.tensor(in: bytes[start + part.begin..<start + part.end])))
        }
    }

    /// How long the header is that follows the first 8 bytes of a file of so many.
    static func headerLength(in bytes: [UInt8], byteCount: Int) throws(Problem) -> Int {
        guard byteCount >= 8, bytes.count >= 8 else {
            throw Safetensors.malformed("it has fewer than 8 bytes")
        }
        let length = bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
        }
        guard length <= Safetensors.mostHeaderBytes, length <= byteCount - 8 else {
            throw Safetensors.malformed(
                "its first 8 bytes tell of a header of \(length) bytes, but there are "
                    + "\(byteCount - 8)")
        }
        return Int(length)
    }

    fileprivate static func malformed(_ why: String) -> Problem {
        Problem(.malformedRequest, "the body is no safetensors file: \(why)")
    }
}

extension Safetensors {
    /// What stands in front of the numbers.
    struct Header {
        /// The tensors, in the order their numbers lie in, without holes.
        private(set) var parts: [Part] = []
        private(set) var metadata: [String: String] = [:]

        /// Reads a header, behind which the numbers have so many bytes.
        init(parsing header: [UInt8], bodyBytes: Int) throws(Problem) {
            do {
                let root = try JSONDocument(parsing: header).root
                for (name, value) in try root.anyObject() {
                    if name == "__metadata__" {
                        metadata = try [String: String](readingTags: value)
                    } else {
                        parts.append(try Part(named: name, reading: value))
                    }
                }
            } catch let problem as Problem {
                throw problem
            } catch let error as JSONError {
                throw Safetensors.malformed("its header: \(error.detail)")
            } catch {
                throw Safetensors.malformed("its header: \(error)")
            }
            // The format leaves no holes and nothing behind the last tensor.
            parts.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
            var offset = 0
            for part in parts {
                guard part.begin == offset, part.end <= bodyBytes else {
                    throw Safetensors.malformed(
                        "the tensor \(part.name) lies at \(part.begin) to \(part.end), but must begin at "
                            + "\(offset) and end within the \(bodyBytes) bytes")
                }
                offset = part.end
            }
            guard offset == bodyBytes else {
                throw Safetensors.malformed(
                    "\(bodyBytes - offset) bytes behind the last tensor belong to none")
            }
        }
    }

    /// A tensor as the header describes it.
    struct Part {
        let name: String
        let dtype: DType
        let shape: Shape
        let begin: Int
        let end: Int

        init(named name: String, reading value: JSONValue) throws {
            let object = try value.anyObject()
            let type = try object.read("dtype") { try $0.string() }
            let dtypes: [String: DType] = ["F32": .float32, "F64": .float64]
            guard let dtype = dtypes[type] else {
                throw Problem(
                    .inconsistent,
                    "the tensor \(name) has the dtype \(type), but only F32 and F64 are read: convert it"
                )
            }
            let offsets = try object.read("data_offsets") { try $0.list { try $0.int() } }
            let lengths = try object.read("shape") { try $0.list { try $0.int() } }
            do throws(InvalidValue) {
                shape = try Shape(lengths)
            } catch {
                throw Problem(.inconsistent, "the tensor \(name): \(error.detail)")
            }
            let size = shape.size?.multipliedReportingOverflow(by: dtype.byteCount)
            guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], let size,
                !size.overflow, size.partialValue == offsets[1] - offsets[0]
            else {
                throw Safetensors.malformed(
                    "the tensor \(name) of shape \(lengths) has the data_offsets \(offsets)")
            }
            self.name = name
            self.dtype = dtype
            (begin, end) = (offsets[0], offsets[1])
        }

        func tensor(in bytes: ArraySlice<UInt8>) throws(Problem) -> Tensor {
            switch dtype {
            case .float32:
                let values = bytes.littleEndian(UInt32.self).map { Float(bitPattern: $0) }
                try check(values.firstIndex { !$0.isFinite })
                return try made { () throws(InvalidValue) in try Tensor(values, shape: shape) }
            case .float64:
                let values = bytes.littleEndian(UInt64.self).map { Double(bitPattern: $0) }
                try check(values.firstIndex { !$0.isFinite })
                return try made { () throws(InvalidValue) in try Tensor(values, shape: shape) }
            }
        }

        private func made(_ body: () throws(InvalidValue) -> Tensor) throws(Problem) -> Tensor {
            do throws(InvalidValue) {
                return try body()
            } catch {
                throw Safetensors.malformed("the tensor \(name): \(error.detail)")
            }
        }

        /// Refuses a number that is none.
        ///
        /// - Parameter place: Where among the tensor's numbers NaN or infinity stands; nil where nothing does.
        /// - Throws: `out-of-range` where one does.
        func check(_ place: Int?) throws(Problem) {
            guard let place else { return }
            throw Problem(
                .outOfRange, "the tensor \(name) has NaN or infinity as its number \(place + 1)")
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append<Bits: FixedWidthInteger>(littleEndian bits: [Bits]) {
        bits.map { $0.littleEndian }.withUnsafeBytes { append(contentsOf: $0) }
    }
}

extension ArraySlice<UInt8> {
    /// The numbers that lie there one behind the other.
    func littleEndian<Bits: FixedWidthInteger>(_ type: Bits.Type) -> [Bits] {
        withUnsafeBytes { raw in
            (0..<raw.count / MemoryLayout<Bits>.size).map { index in
                let offset = index * MemoryLayout<Bits>.size
                return Bits(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Bits.self))
            }
        }
    }
}
