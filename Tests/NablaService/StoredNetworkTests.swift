import NablaAPI
import NablaNetworks
import NablaStore
import Testing

@testable import NablaService

@Suite struct StoredNetworkTests {
    /// Two layers, one named and without a bias, with numbers that rounding would change.
    private func network<S: Scalar>(_ type: S.Type) throws -> Network {
        try Network(layers: [
            Layer(
                name: "hidden",
                .dense(
                    try Dense(
                        weights: Tensor((0..<6).map { S(1) / S($0 + 3) }, shape: [3, 2]),
                        bias: nil, activation: .leakyReLU(negativeSlope: 0.2)))),
            Layer(
                .dense(
                    try Dense(
                        weights: Tensor([-0, S.leastNonzeroMagnitude, S.pi], shape: [1, 3]),
                        bias: Tensor([-S(1) / 7]), activation: .sigmoid))),
        ])
    }

    private func store(_ network: Network, in bench: Workbench) throws -> NetworkRecord {
        let live = try LiveRun.unscheduled(.regression(), on: bench)
        let record = NetworkRecord(network, of: live.id, epoch: 1)
        #expect(
            try bench.store.record([
                EpochRecord(runID: live.id, epoch: 1, step: 1, metrics: [], network: record)
            ]))
        return try #require(try bench.store.network(runID: live.id, epoch: nil))
    }

    @Test func readsBackTheSameInEachNumberType() throws {
        try withWorkbench { bench in
            let (single, double) = (try network(Float.self), try network(Double.self))
            #expect(try Network(store(single, in: bench)) == single)
            #expect(try Network(store(double, in: bench)) == double)
        }
    }

    @Test func parametersLieLayerByLayerWeightsBeforeBiasInLittleEndian() throws {
        let network = try Network(layers: [
            Layer(
                .dense(
                    try Dense(
                        weights: Tensor([Float(1), 2], shape: [1, 2]), bias: Tensor([Float(-2)]),
                        activation: .identity)))
        ])
        let record = NetworkRecord(network, of: "run", epoch: 0)
        #expect(record.dtype == "float32")
        #expect(record.parameters == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0, 0xC0])
        #expect(!record.description.contains("weights"))
    }

    /// All tensors, layer by layer.
    private func tensors(_ network: Network) -> [Tensor] {
        network.layers.flatMap { layer -> [Tensor] in
            guard case .dense(let dense) = layer.operation,
                case .given(let weights, let bias) = dense.parameters
            else { return [] }
            return [weights] + (bias.map { [$0] } ?? [])
        }
    }

    @Test func everyTensorIsRoundedToAnotherNumberType() throws {
        let double = try network(Double.self)
        let single = try double.converted(to: .float32)
        #expect(tensors(single).count == 3)
        for (rounded, exact) in zip(tensors(single), tensors(double)) {
            let expected = exact.values(as: Double.self).map { Float($0) }
            #expect(rounded == (try Tensor(expected, shape: exact.shape)))
        }
        #expect(try single.converted(to: .float32) == single)
        // Back in float64 each number is the rounded one.
        let back = try single.converted(to: .float64)
        #expect(tensors(back).allSatisfy { $0.dtype == .float64 })
        #expect(try back.converted(to: .float32) == single)
    }

    @Test("a damaged network is the service's fault, not the caller's", arguments: 0..<3)
    func damaged(_ part: Int) throws {
        var record = NetworkRecord(try network(Float.self), of: "run", epoch: 1)
        switch part {
        case 0: record.parameters.removeLast()
        case 1: record.dtype = "float16"
        default: record.description = #"{"layers":"#
        }
        let problem = #expect(throws: Problem.self) { try Network(record) }
        #expect(problem?.kind == .internalError, "\(problem?.detail ?? "")")
    }
}
