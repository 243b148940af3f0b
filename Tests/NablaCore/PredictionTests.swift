import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Prediction")
struct PredictionTests {
    @Test(
        "outputs are those of the gradient pass, for any number of samples",
        arguments: [1, 256, 257, 5000])
    func outputs(_ count: Int) throws {
        var generator = Generator(seed: UInt64(count))
        let network = try generator.network(
            inputs: 5, hidden: [7, 6], outputs: 3, .silu, last: .softmax)
        let inputs = try Tensor(generator.normals(count * 5), shape: [count, 5])
        let samples = try Samples(
            inputs: inputs, targets: Tensor([Double](repeating: 0, count: count)))
        for dtype in DType.allCases {
            let outputs = try predict(
                network: network, inputs: inputs, dtype: dtype, workspace: Workspace(),
                shards: .concurrent)
            #expect(outputs.shape == [count, 3] && outputs.dtype == dtype)
            let wanted = try gradients(
                .crossEntropy(.plain), of: network, samples, dtype: dtype, including: .outputs)
            // The gradient pass cuts the batch otherwise, and OpenBLAS's sums depend on a block's
            // rows.
            expectClose(
                outputs.doubles, try #require(wanted.outputs).doubles,
                tolerance: dtype == .float64 ? 1e-14 : 1e-6)
        }
    }

    @Test("no samples, no outputs; a failed request leaves the workspace usable")
    func ends() throws {
        let network = try passThrough(width: 2)
        let workspace = Workspace()
        func outputs(_ rows: [Double]) throws -> [Double] {
            try predict(
                network: network, inputs: Tensor(rows, shape: [rows.count / 2, 2]),
                dtype: .float32, workspace: workspace
            ).doubles
        }
        #expect(try outputs([]) == [])
        #expect(computationError { _ = try outputs([1, .infinity]) } != nil)
        let overflow = try Network(layers: [dense([[2]], .sigmoid)])
        #expect(
            computationError {
                _ = try predict(
                    network: overflow, inputs: matrix([[3e38]]), dtype: .float32,
                    workspace: workspace)
            } == .nonFinite(NonFinite(layer: 0, tensor: "pre_activations", sample: 0)))
        #expect(try outputs([1, 2]) == [1, 2])
    }

    @Test("a caller that is gone gets no outputs")
    func cancellation() throws {
        let error = computationError {
            _ = try predict(
                network: passThrough(width: 1), inputs: matrix([[1]]), dtype: .float64,
                workspace: Workspace(), isCancelled: { true })
        }
        #expect(error == .cancelled)
    }
}
