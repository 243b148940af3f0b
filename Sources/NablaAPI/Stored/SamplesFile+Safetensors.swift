import NablaNetworks

extension SamplesFile {
    /// Checks the samples in a safetensors file, such as another program wrote.
    ///
    /// - Parameters:
    ///   - byteCount: How many bytes it has.
    ///   - headerBytes: Bytes that its header may have, which is in memory as a whole.
    ///   - read: Reads it.
    /// - Throws: `Problem` as `Samples(Safetensors(parsing:))` does, `content-too-large` for too long a header,
    ///   and what `read` throws.
    public init(
        safetensorsOf byteCount: Int, headerBytes: Int = .max, read: @escaping Reading
    ) throws(Problem) {
        let length = try Safetensors.headerLength(in: read(0, 8), byteCount: byteCount)
        guard length <= headerBytes else {
            throw Problem(
                .contentTooLarge, "the file's header is longer than \(headerBytes) bytes")
        }
        let header = try Safetensors.Header(
            parsing: read(8, length), bodyBytes: byteCount - 8 - length)
        let tensors = try Samples.named(header.parts, \.name).map {
            SourceTensor($0, at: 8 + length)
        }
        var dtypes: [DType] = []
        var check = tensors.count > 2 ? Samples.WeightsCheck() : nil
        let shapes = tensors.map(\.shape)
        try Problem.reporting {
            try Samples.check(
                inputs: shapes[0], targets: shapes[1], weights: shapes.count > 2 ? shapes[2] : nil)
        }
        for (index, tensor) in tensors.enumerated() {
            var isNarrow = true
            var count = 0
            try tensor.read(with: read) { (piece) throws(Problem) in
                let values = tensor.values(in: piece)
                try tensor.part.check(values.firstIndex { !$0.isFinite }.map { count + $0 })
                count += values.count
                for value in values {
                    if !value.isFloat { isNarrow = false }
                    if index == 2 { check?.note(value) }
                }
            }
            dtypes.append(isNarrow ? .float32 : tensor.dtype)
        }
        try Problem.reporting { try check?.finish() }
        self.init(
            shapes: shapes, dtypes: dtypes, source: .safetensors(tensors: tensors, read: read))
    }
}

/// A tensor in a file.
struct SourceTensor {
    /// The header's part that describes it.
    let part: Safetensors.Part
    private let bytes: Range<Int>

    var dtype: DType { part.dtype }
    var shape: Shape { part.shape }

    /// The tensor of a part of a file's header, behind which the numbers begin at `start`.
    init(_ part: Safetensors.Part, at start: Int) {
        self.part = part
        bytes = start + part.begin..<start + part.end
    }

    /// How much is read at once: a multiple of each number's length.
    private static let pieceBytes = 64 << 10

    /// Reads its numbers, piece by piece.
    func read(
        with read: SamplesFile.Reading, _ body: (_ piece: [UInt8]) throws(Problem) -> Void
    ) throws(Problem) {
        var offset = bytes.lowerBound
        while offset < bytes.upperBound {
            let wanted = min(SourceTensor.pieceBytes, bytes.upperBound - offset)
            let piece = try read(offset, wanted)
            guard piece.count == wanted else {
                throw Problem(.internalError, "the file ends before byte \(offset + wanted)")
            }
            try body(piece)
            offset += wanted
        }
    }

    /// The numbers in a piece.
    func values(in piece: [UInt8]) -> [Double] {
        switch dtype {
        case .float32:
            piece[...].littleEndian(UInt32.self).map { Double(Float(bitPattern: $0)) }
        case .float64: piece[...].littleEndian(UInt64.self).map { Double(bitPattern: $0) }
        }
    }
}
