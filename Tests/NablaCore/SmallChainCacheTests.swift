import NablaNetworks
import Testing

@testable import NablaCore

/// A workspace keeps what it compiled for small chains: whatever was computed in it before, results
/// and errors are those of a new one.
@Suite("Compiled small chains")
struct SmallChainCacheTests {
    @Test("after any other request that differs in one thing", arguments: DType.allCases)
    func oneThingIsDifferent(_ dtype: DType) throws {
        let requests = ChainRequest.variants.map { change in
            var request = ChainRequest(dtype: dtype)
            change(&request)
            return request
        }
        let shared = Workspace()
        for (index, request) in requests.enumerated() {
            let workspace = Workspace()
            for seed in UInt64(0)..<3 {
                // The first of all in turns, and all others in one workspace, each with other
                // numbers.
                for (request, workspace) in [
                    (requests[0], workspace), (request, workspace), (request, shared),
                    (requests[(index * 7 + Int(seed)) % requests.count], shared),
                ] {
                    let expected = request.outcome(seed: seed, Workspace())
                    #expect(request.outcome(seed: seed, workspace) == expected, "\(request)")
                }
            }
        }
    }

    @Test("numbers that aren't possible are refused as they are in a new workspace")
    func badNumbers() throws {
        let workspace = Workspace()
        let request = ChainRequest()
        #expect(request.outcome(seed: 1, workspace) == request.outcome(seed: 1, Workspace()))
        let bad: [Double] = [.nan, .infinity, -.infinity, 1e308, -1e308, 2, -0.5, 0.5]
        for kind in [Loss.Kind.binaryCrossEntropy, .meanSquaredError, .hinge, .poisson] {
            for part in ChainRequest.Part.allCases {
                for value in bad {
                    var request = ChainRequest(kind: kind)
                    _ = request.outcome(seed: 2, workspace)
                    request.replaced = (part, value)
                    let expected = request.outcome(seed: 3, Workspace())
                    #expect(request.outcome(seed: 3, workspace) == expected, "\(request)")
                    request.dtype = .float32
                    let rounded = request.outcome(seed: 3, Workspace())
                    #expect(request.outcome(seed: 3, workspace) == rounded, "\(request)")
                }
            }
        }
        var cancelled = ChainRequest()
        cancelled.isCancelled = true
        #expect(cancelled.outcome(seed: 1, workspace) == "cancelled")
    }

    @Test("a chain is compiled once for all numbers, names and samples it comes with")
    func isFoundAgain() throws {
        let workspace = Workspace()
        func compiled(_ change: (inout ChainRequest) -> Void) throws -> Plan<Double>? {
            var request = ChainRequest()
            change(&request)
            _ = request.outcome(seed: 4, workspace)
            let key = SmallChainKey(
                try Loss(request.kind, reduction: request.reduction),
                try request.network(seed: 4), targets: Shape(request.rows))
            return try workspace.double.memory.smallChains.compiled(for: #require(key))?.plan
        }
        let plan = try #require(try compiled { _ in })
        #expect(try compiled { $0.replaced = (.weights, 3) } === plan)
        #expect(try compiled { $0.names = ["a", "b"] } === plan)
        #expect(try compiled { $0.rows = 16 } === plan)
        #expect(try compiled { $0.biases[0] = false } !== plan)
        #expect(try compiled { $0.reduction = .sum } !== plan)
        #expect(try compiled { $0.rows = 17 } === plan)
    }

    @Test("requests have the same key only if they compile to the same")
    func keys() throws {
        var compiled: [UInt64: [UInt64: String]] = [:]
        var count = 0
        for change in ChainRequest.variants {
            var request = ChainRequest()
            change(&request)
            guard let network = try? request.network(seed: 0) else { continue }
            let targets = request.targetColumns.map { Shape(4, $0) } ?? Shape(4)
            let loss = try Loss(request.kind, reduction: request.reduction)
            guard let key = SmallChainKey(loss, network, targets: targets) else { continue }
            count += 1
            let parts =
                "\(request.inputs) \(request.units) \(request.biases) \(targets.count) "
                + "\(request.activations) \(loss)"
            let known = compiled[key.layers, default: [:]].updateValue(parts, forKey: key.rest)
            #expect(known == nil || known == parts)
        }
        #expect(count > 50)
    }

    @Test("more chains than there is room for displace one another")
    func manyChains() throws {
        let workspace = Workspace()
        for seed in UInt64(0)..<2 {
            for (inputs, units) in (1...12).flatMap({ inputs in (1...5).map { (inputs, $0) } }) {
                for activation in [Activation.tanh, .relu, .gelu] {
                    let request = ChainRequest(
                        inputs: inputs, units: [units, 1], activations: [activation, .sigmoid])
                    #expect(
                        request.outcome(seed: seed, workspace)
                            == request.outcome(seed: seed, Workspace()))
                }
            }
        }
    }
}
