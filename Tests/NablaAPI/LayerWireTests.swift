import NablaAPI
import NablaNetworks
import Testing

/// Every layer type on the wire: read, written in both encodings, and refused where it is wrong.
@Suite struct LayerWireTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var input = "[2]"
        let layer: String
        /// What it says when it is written with its parameters left out.
        let described: String
    }

    /// Each type with numbers, where it has parameters, and all its settings.
    static let given =
        [
            Case(
                testDescription: "dense",
                layer: #"{"weights": [[1, 2], [3, 4]], "bias": [5, 6], "activation": "gelu"}"#,
                described:
                    #"{"type":"dense","units":2,"use_bias":true,"activation":"gelu"}"#),
            Case(
                testDescription: "conv2d", input: "[1, 3, 4]",
                layer: #"""
                    {"type": "conv2d", "weights": [[[[1, 2]]], [[[3, 4]]]], "bias": [5, 6],
                     "stride": 2, "padding": [0, 1], "activation": {"type": "elu", "alpha": 0.5}}
                    """#,
                described: #"""
                    {"type":"conv2d","filters":2,"kernel_size":[1,2],"stride":[2,2],"padding":[0,1],"use_bias":true,"activation":{"type":"elu","alpha":0.5}}
                    """#),
            Case(
                testDescription: "embedding", input: "[3]",
                layer: #"{"type": "embedding", "weights": [[1, 2], [3, 4], [5, 6]]}"#,
                described: #"{"type":"embedding","vocabulary":3,"dimension":2}"#),
            Case(
                testDescription: "batch_normalization",
                layer: #"""
                    {"type": "batch_normalization", "weights": [1, 2], "bias": [3, 4], "momentum": 0.25,
                     "epsilon": 0.5, "running_mean": [5, 6], "running_variance": [7, 8]}
                    """#,
                described:
                    #"{"type":"batch_normalization","momentum":0.25,"epsilon":0.5,"use_bias":true}"#
            ),
            Case(
                testDescription: "layer_normalization",
                layer: #"{"type": "layer_normalization", "weights": [1, 2], "epsilon": 0.5}"#,
                described: #"{"type":"layer_normalization","epsilon":0.5,"use_bias":false}"#),
        ] + plain

    /// The types without parameters.
    static let plain =
        [
            Case(
                testDescription: "activation",
                layer: #"{"type": "activation", "activation": "selu"}"#,
                described: #"{"type":"activation","activation":"selu"}"#),
            Case(
                testDescription: "dropout", layer: #"{"type": "dropout", "rate": 0.25}"#,
                described: #"{"type":"dropout","rate":0.25}"#),
            Case(
                testDescription: "max_pool2d", input: "[1, 4, 4]",
                layer: #"{"type": "max_pool2d", "kernel_size": [2, 3]}"#,
                described:
                    #"{"type":"max_pool2d","kernel_size":[2,3],"stride":[2,3],"padding":[0,0]}"#),
            Case(
                testDescription: "average_pool2d", input: "[1, 4, 4]",
                layer:
                    #"{"type": "average_pool2d", "kernel_size": 2, "stride": [1, 2], "padding": 1}"#,
                described:
                    #"{"type":"average_pool2d","kernel_size":[2,2],"stride":[1,2],"padding":[1,1]}"#
            ),
            Case(
                testDescription: "flatten", input: "[1, 2]", layer: #"{"type": "flatten"}"#,
                described: #"{"type":"flatten"}"#),
            Case(
                testDescription: "reshape", input: "[6]",
                layer: #"{"type": "reshape", "shape": [1, 2, 3]}"#,
                described: #"{"type":"reshape","shape":[1,2,3]}"#),
        ]
        + ["add", "multiply", "concatenate"].map {
            Case(
                testDescription: $0,
                layer: #"{"type": "\#($0)", "name": "m", "inputs": ["input", "input"]}"#,
                described: #"{"type":"\#($0)","name":"m","inputs":["input","input"]}"#)
        }

    /// Each type that is drawn, with all its settings.
    static let drawn = [
        #"{"units": 3, "use_bias": false, "initializer": "he_normal", "activation": "relu"}"#,
        #"""
        {"type": "conv2d", "filters": 2, "kernel_size": [1, 2], "stride": [2, 1], "padding": 1,
         "use_bias": false, "initializer": "lecun_normal", "activation": "tanh"}
        """#,
        #"{"type": "embedding", "vocabulary": 3, "dimension": 2, "initializer": "uniform"}"#,
        #"{"type": "batch_normalization", "use_bias": false, "momentum": 0.5}"#,
        #"{"type": "layer_normalization", "use_bias": false, "epsilon": 1}"#,
    ]

    private static func parse(_ layer: String, input: String = "[2]") throws -> Network {
        let text = #"{"input_shape": \#(input), "layers": [\#(layer)]}"#
        return try Network(parsing: Array(text.utf8), as: .float64)
    }

    @Test func everyTypeIsTested() {
        #expect(Set(Self.given.map(\.testDescription)) == Set(Layer.typeNames))
    }

    @Test(arguments: given, Encoding.allCases) func isReadAsItWasWritten(
        _ test: Case, _ encoding: Encoding
    ) throws {
        let network = try Self.parse(test.layer, input: test.input)
        #expect(network.layers[0].typeName == test.testDescription)
        let text = network.json(as: encoding)
        #expect(try Network(parsing: text, as: .float64) == network)
        let single = try Network(parsing: text, as: .float32)
        #expect(try Network(parsing: single.json(as: encoding), as: .float32) == single)
    }

    @Test(arguments: given) func isDescribedWithoutItsNumbers(_ test: Case) throws {
        let network = try Self.parse(test.layer, input: test.input)
        let text = String(decoding: network.json(numbers: false), as: UTF8.self)
        #expect(text.contains(#""layers":[\#(test.described)]"#), "\(text)")
        let again = try Network(parsing: Array(text.utf8), as: .float64)
        #expect(again.outputShapes == network.outputShapes)
        #expect(again.parameterCount == network.parameterCount)
    }

    @Test(arguments: drawn) func whatIsDrawnIsReadAsItWasWritten(_ layer: String) throws {
        let input = layer.contains("conv2d") ? "[1, 3, 3]" : "[2]"
        let network = try Self.parse(layer, input: input)
        // A normalisation begins with ones and zeros.
        #expect(network.firstLayerWithoutNumbers == (layer.contains("normalization") ? nil : 0))
        #expect(try Network(parsing: network.json(), as: .float64) == network)
    }

    @Test func settingsHaveTheirDefaults() throws {
        let cases: [(String, String, Layer.Operation)] = try [
            (#"{"type": "dropout"}"#, "[2]", .dropout(Dropout(rate: 0.5))),
            (
                #"{"type": "batch_normalization"}"#, "[2]",
                .batchNormalization(BatchNormalization(momentum: 0.1, epsilon: 1e-5))
            ),
            (
                #"{"type": "layer_normalization"}"#, "[2]",
                .layerNormalization(LayerNormalization(epsilon: 1e-5))
            ),
            (
                #"{"type": "conv2d", "filters": 2, "kernel_size": 3}"#, "[1, 3, 3]",
                .conv2d(
                    Convolution(
                        filters: 2,
                        window: Window(kernelSize: Size(3), stride: Size(1), padding: Size(0)),
                        activation: .identity, initializer: .glorotUniform, usesBias: true))
            ),
            (
                #"{"type": "embedding", "vocabulary": 3, "dimension": 2}"#, "[2]",
                .embedding(Embedding(vocabulary: 3, dimension: 2, initializer: .standardNormal))
            ),
        ]
        for (layer, input, operation) in cases {
            #expect(try Self.parse(layer, input: input).layers[0].operation == operation)
        }
    }

    @Test(
        arguments: [
            (#"{"type": "dense", "units": 2, "rate": 1}"#, "/rate", Problem.Kind.unknownField),
            (#"{"type": "dropout", "p": 0.5}"#, "/p", .unknownField),
            (#"{"type": "flatten", "shape": [2]}"#, "/shape", .unknownField),
            (#"{"type": "add", "inputs": ["input"], "axis": 0}"#, "/axis", .unknownField),
            (#"{"type": "activation", "activation": "relu", "units": 2}"#, "/units", .unknownField),
            (#"{"type": "max_pool2d", "kernel_size": 1, "filters": 2}"#, "/filters", .unknownField),
            (
                #"{"type": "embedding", "vocabulary": 2, "dimension": 1, "bias": [1]}"#, "/bias",
                .unknownField
            ),
            (#"{"type": "layer_normalization", "momentum": 0.1}"#, "/momentum", .unknownField),
            (#"{"type": "activation"}"#, "", .missingField),
            (#"{"type": "reshape"}"#, "", .missingField),
            (#"{"type": "conv2d", "filters": 2}"#, "", .missingField),
            (#"{"type": "max_pool2d"}"#, "", .missingField),
            (#"{"type": "embedding", "vocabulary": 2}"#, "", .missingField),
            (#"{"type": "dense"}"#, "", .missingField),
            (#"{"type": "dropout", "rate": 1}"#, "/rate", .outOfRange),
            (#"{"type": "dropout", "rate": "half"}"#, "/rate", .wrongType),
            (#"{"type": "batch_normalization", "momentum": -1}"#, "/momentum", .outOfRange),
            (#"{"type": "layer_normalization", "epsilon": 0}"#, "/epsilon", .outOfRange),
            (#"{"type": "conv2d", "filters": 0, "kernel_size": 1}"#, "/filters", .outOfRange),
            (
                #"{"type": "conv2d", "filters": 1, "kernel_size": [1, 0]}"#, "/kernel_size",
                .outOfRange
            ),
            (
                #"{"type": "conv2d", "filters": 1, "kernel_size": [1, 1, 1]}"#, "/kernel_size",
                .shapeMismatch
            ),
            (#"{"type": "max_pool2d", "kernel_size": 2, "padding": 2}"#, "/padding", .outOfRange),
            (#"{"type": "average_pool2d", "kernel_size": 2, "stride": 0}"#, "/stride", .outOfRange),
            (
                #"{"type": "embedding", "vocabulary": 0, "dimension": 1}"#, "/vocabulary",
                .outOfRange
            ),
            (#"{"type": "reshape", "shape": [-2]}"#, "/shape", .outOfRange),
            (#"{"type": "reshape", "shape": [3]}"#, "/shape", .shapeMismatch),
            (#"{"units": 2, "initializer": "random"}"#, "/initializer", .unknownName),
            (#"{"weights": [[1, 2]], "initializer": "ones"}"#, "/initializer", .inconsistent),
            (#"{"units": 2, "bias": [1, 2]}"#, "/bias", .inconsistent),
            (
                #"{"type": "batch_normalization", "weights": [1, 2], "use_bias": true}"#,
                "/use_bias", .inconsistent
            ),
            (#"{"type": "batch_normalization", "running_mean": [1, 2]}"#, "", .inconsistent),
            (
                #"{"type": "batch_normalization", "running_mean": [1, 2], "running_variance": [1, -2]}"#,
                "/running_variance/1", .outOfRange
            ),
            (
                #"{"type": "concatenate", "inputs": ["input", "nothing"]}"#, "/inputs/1",
                .inconsistent
            ),
            (#"{"type": "multiply"}"#, "", .inconsistent),
            (#"{"type": "flatten", "name": "input"}"#, "/name", .inconsistent),
            (#"{"type": "flatten", "inputs": "input"}"#, "/inputs", .wrongType),
        ] as [(String, String, Problem.Kind)]) func aMistakeIsNamedWhereItIs(
            _ layer: String, _ pointer: String, _ kind: Problem.Kind
        ) throws
    {
        let isImage = layer.contains("2d")
        let problem = try #require(throws: Problem.self) {
            try Self.parse(layer, input: isImage ? "[1, 4, 4]" : "[2]")
        }
        #expect(problem.pointer == "/layers/0" + pointer, "\(problem)")
        #expect(problem.kind == kind, "\(problem)")
    }
}
