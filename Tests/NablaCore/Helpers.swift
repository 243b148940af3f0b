import Dispatch
import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

/// A dense layer with numbers.
func dense(
    _ weights: [[Double]], bias: [Double]? = nil, _ activation: Activation
) throws -> Layer {
    try Layer(
        .dense(
            Dense(
                weights: Tensor(weights.flatMap(\.self), shape: [weights.count, weights[0].count]),
                bias: bias.map { Tensor($0) }, activation: activation)))
}

/// A network whose outputs are the activations of its inputs: one layer with the unit matrix.
func passThrough(width: Int, _ activation: Activation = .identity) throws -> Network {
    let rows = (0..<width).map { row in (0..<width).map { $0 == row ? 1.0 : 0 } }
    return try Network(layers: [dense(rows, activation)])
}

/// A matrix as a tensor.
func matrix(_ rows: [[Double]]) throws -> Tensor {
    try Tensor(rows.flatMap(\.self), shape: [rows.count, rows[0].count])
}

/// Gradients with a workspace of their own.
func gradients(
    _ kind: Loss.Kind, _ reduction: Reduction = .mean, of network: Network, _ samples: Samples,
    dtype: DType = .float64, including: Inclusions = [], shards: ShardRunner = .serial
) throws -> Gradients {
    try Gradients.compute(
        of: Loss(kind, reduction: reduction), network: network, samples: samples, dtype: dtype,
        including: including, workspace: Workspace(), shards: shards)
}

/// Checks that numbers agree within `tolerance` of the larger magnitude, or 1 where that is larger.
func expectClose(
    _ values: [Double], _ expected: [Double], tolerance: Double = 1e-12,
    _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(values.count == expected.count, comment, sourceLocation: sourceLocation)
    let worst = zip(values, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
    #expect(
        worst <= tolerance, "\(comment.map { "\($0): " } ?? "")\(values) is not \(expected)",
        sourceLocation: sourceLocation)
}

extension Tensor {
    /// The numbers in float64.
    var doubles: [Double] { values(as: Double.self) }
}

extension Gradients {
    /// All parameters' gradients, layer by layer, weights before bias.
    var flat: [Double] {
        layers.flatMap { ($0.weights?.doubles ?? []) + ($0.bias?.doubles ?? []) }
    }
}

extension Network {
    /// All parameters, layer by layer, weights before bias.
    var flat: [Double] {
        layers.flatMap { layer -> [Double] in
            guard case .given(let weights, let bias) = layer.parameters else { return [] }
            return weights.doubles + (bias?.doubles ?? [])
        }
    }
}

extension ShardRunner {
    /// Runs shards on all cores.
    static let concurrent = ShardRunner(
        threads: ProcessInfo.processInfo.activeProcessorCount
    ) { count, shard in
        DispatchQueue.concurrentPerform(iterations: count, execute: shard)
    }

    /// Runs shards one after another, the last one first: of a team, the leader when all others have left.
    static let backwards = ShardRunner(threads: 2) { count, shard in
        for index in (0..<count).reversed() { shard(index) }
    }
}

extension Generator {
    /// Numbers from N(0, 1).
    mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }

    /// A network with drawn widths, weights and biases.
    mutating func network(
        inputs: Int, hidden: [Int], outputs: Int, _ activation: Activation, last: Activation
    ) throws -> Network {
        let widths = [inputs] + hidden + [outputs]
        let layers = try zip(widths, widths.dropFirst()).enumerated().map { index, pair in
            let scale = 1 / Double(pair.0).squareRoot()
            let weights = (0..<pair.1).map { _ in normals(pair.0).map { $0 * scale } }
            return try dense(
                weights, bias: normals(pair.1).map { $0 * 0.3 },
                index == hidden.count ? last : activation)
        }
        return try Network(layers: layers)
    }
}

/// The error a computation throws, or nil.
func computationError(_ body: () throws -> Void) -> ComputationError? {
    do {
        try body()
        return nil
    } catch {
        return error as? ComputationError
    }
}

/// The pointer of the invalid value a computation throws, or nil.
func invalidPointer(_ body: () throws -> Void) -> String? {
    guard case .invalid(let value)? = computationError(body) else { return nil }
    return value.pointer
}
