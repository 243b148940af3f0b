import NablaNetworks
import Testing

@testable import NablaAPI

@Suite struct SafetensorsTests {
    private static func file() throws -> Safetensors {
        try Safetensors(
            [
                ("a", Tensor([Float(1), 2, -0.5, 4], shape: [2, 2])),
                ("b.\"c\"", Tensor([0.1, -1e300])), ("none", Tensor([Float](), shape: [0, 3])),
            ], metadata: ["key": "ü"])
    }

    private func message(_ bytes: [UInt8]) -> String {
        let problem = #expect(throws: Problem.self) { try Safetensors(parsing: bytes) }
        return problem?.detail ?? ""
    }

    /// A file with that header and so many bytes behind it.
    private func file(_ header: String, bytes: Int) -> [UInt8] {
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        return length + Array(header.utf8) + Array(repeating: 0, count: bytes)
    }

    /// A tensor in a header.
    private func tensor(_ name: String, _ begin: Int, _ end: Int) -> String {
        #""\#(name)":{"dtype":"F32","shape":[1],"data_offsets":[\#(begin),\#(end)]}"#
    }

    @Test func itsBytesAreItsOwnInverse() throws {
        let bytes = try Self.file().bytes()
        #expect(try Safetensors(parsing: bytes) == Self.file())
        let header = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        #expect(header % 8 == 0 && bytes.count == 8 + Int(header) + 16 + 16)
    }

    @Test func everyBeginningIsRefused() throws {
        let bytes = try Self.file().bytes()
        for length in 0..<bytes.count {
            #expect(throws: Problem.self) { try Safetensors(parsing: Array(bytes[..<length])) }
        }
    }

    @Test func whatIsNoFileIsToldWhy() {
        #expect(message([1, 2]).contains("fewer than 8 bytes"))
        #expect(message(Array(repeating: 0xFF, count: 20)).contains("header of"))
        #expect(message(file("{", bytes: 0)).contains("its header"))
        #expect(message(file("[]", bytes: 0)).contains("its header"))
        #expect(message(file("{\(tensor("a", 0, 8))}", bytes: 8)).contains("data_offsets"))
        #expect(message(file("{\(tensor("a", 4, 8))}", bytes: 8)).contains("must begin at 0"))
        #expect(
            message(file("{\(tensor("a", 0, 4)),\(tensor("b", 0, 4))}", bytes: 4))
                .contains("must begin at 4"))
        #expect(message(file("{\(tensor("a", 0, 4))}", bytes: 5)).contains("1 bytes behind"))
        #expect(message(file("{\(tensor("a", 0, 4))}", bytes: 3)).contains("within the 3 bytes"))
        let half = #"{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#
        #expect(message(file(half, bytes: 4)).contains("F16"))
        let huge = #"{"h":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}}"#
        #expect(!message(file(huge, bytes: 0)).isEmpty)
    }

    @Test func aNetworkOfEveryKindOfLayerIsItsOwnInverse() throws {
        let body = """
            {"input_shape": [1, 2, 2], "layers": [
              {"type": "conv2d", "weights": [[[[1, 0.1]]]], "bias": [2], "name": "first"},
              {"type": "batch_normalization", "weights": [1], "bias": [0], "running_mean": [0.5],
               "running_variance": [2]},
              {"type": "flatten"}, {"type": "dropout", "rate": 0.5},
              {"weights": [[1, 2]], "activation": {"type": "elu", "alpha": 2}},
              {"units": 3, "initializer": "he_normal"}, {"type": "layer_normalization"}]}
            """
        let network = try Network(parsing: Array(body.utf8), as: .float64)
        let file = try Safetensors(parsing: network.safetensors().bytes())
        #expect(
            file.tensors.map(\.name) == [
                "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
                "layers.1.running_mean", "layers.1.running_var", "layers.4.weight",
            ])
        #expect(try Network(file) == network)
        let narrow = try network.narrowed()
        #expect(narrow.layers[4].parameters?.dtype == .float32)
        #expect(narrow.layers[0].parameters?.dtype == .float64)
        // A tensor that no layer has.
        let more = Safetensors(
            file.tensors + [(name: "layers.9.weight", tensor: Tensor([1.0]))],
            metadata: file.metadata)
        #expect(throws: Problem.self) { try Network(more) }
    }

    @Test func samplesAreTheirOwnInverseAndNarrow() throws {
        let samples = try Samples(
            inputs: Tensor([1, 0.5], shape: [2, 1]), targets: Tensor([0.1, 3]),
            weights: Tensor([1.0, 2]))
        let file = samples.safetensors()
        #expect(file.tensors.map(\.tensor.dtype) == [.float32, .float64, .float32])
        #expect(try Samples(Safetensors(parsing: file.bytes()), as: .float64) == samples)
        #expect(throws: Problem.self) { try Samples(Safetensors([("inputs", samples.inputs)])) }
    }
}

extension LayerParameters {
    fileprivate var dtype: DType? {
        if case .given(let weights, _) = self { weights.dtype } else { nil }
    }
}
