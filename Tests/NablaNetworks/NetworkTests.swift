import NablaNetworks
import Testing

@Suite struct NetworkTests {
    private func dense(_ units: Int, _ inputs: Int) throws -> Layer {
        let weights = try Tensor(
            [Double](repeating: 0.5, count: units * inputs), shape: [units, inputs])
        return Layer(.dense(try Dense(weights: weights, bias: nil, activation: .tanh)))
    }

    private func error(_ body: () throws -> Void) throws -> InvalidValue {
        try #require(throws: InvalidValue.self, performing: body)
    }

    @Test func widthsComeFromTheWeights() throws {
        let network = try Network(layers: [dense(4, 3), dense(2, 4)])
        #expect(network.inputShape == [3])
        #expect(network.outputShape == [2])
        #expect(network.outputShapes == [[4], [2]])
    }

    @Test func aLayerThatDoesNotFitIsNamedWithBothWidths() throws {
        let wrong = try error { _ = try Network(layers: [dense(4, 3), dense(2, 5)]) }
        #expect(wrong.pointer == "/layers/1/weights")
        #expect(wrong.reason == .shapeMismatch)
        #expect(wrong.detail == "weights has 5 columns, but layer 0 gives 4 outputs")
    }

    @Test func anInputShapeThatTheFirstLayerContradictsIsRefused() throws {
        let wrong = try error { _ = try Network(inputShape: [7], layers: [dense(4, 3)]) }
        #expect(wrong.pointer == "/layers/0/weights")
        #expect(wrong.detail.contains("input_shape has 7"))
    }

    @Test func aNetworkWithoutNumbersNeedsAnInputShape() throws {
        let drawn = Layer(.dense(try Dense(units: 3, activation: .relu)))
        #expect(try error { _ = try Network(layers: [drawn]) }.pointer == "/layers/0")
        let network = try Network(inputShape: [5], layers: [drawn])
        #expect(network.firstLayerWithoutNumbers == 0)
    }

    @Test func thereIsNoNetworkWithoutLayers() throws {
        #expect(try error { _ = try Network(layers: []) }.pointer == "/layers")
    }

    @Test(arguments: [[], [0], [2, 0]] as [Shape]) func inputShapesThatCannotBeAreRefused(
        _ shape: Shape
    ) throws {
        let wrong = try error { _ = try Network(inputShape: shape, layers: [dense(4, 3)]) }
        #expect(wrong.pointer == "/input_shape")
    }

    @Test func aBiasHasOneNumberAUnit() throws {
        let weights = try Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
        let wrong = try error {
            _ = try Dense(weights: weights, bias: Tensor([1.0, 2, 3]), activation: .relu)
        }
        #expect(wrong.pointer == "/bias")
        #expect(wrong.detail.contains("[3]"))
        #expect(wrong.detail.contains("2 rows"))
    }
}
