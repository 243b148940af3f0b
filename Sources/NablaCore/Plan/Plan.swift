import Glibc
import NablaNetworks

/// A network compiled: what each layer computes, and where its numbers lie in the flat buffers.
///
/// Letters here and in all shapes below: n samples, i inputs and u units of a layer, P parameters.
///
/// Never changes. A class, so that handing it to a pass counts one reference and not one for each
/// of its arrays: for networks as small as XOR that is measurable.
///
/// Unchecked because a pointer isn't `Sendable`. It is safe: the layers are written before the plan is
/// made, never again, and go with it.
final class Plan<S: Real>: @unchecked Sendable {
    /// The layers, each behind those it reads.
    ///
    /// A buffer and not an array, so that reading a number of a layer copies no layer.
    let layers: UnsafeBufferPointer<LayerPlan>
    /// The convolutions, where layers say.
    let convolutions: [ConvolutionPlan]
    /// The poolings, where layers say.
    let poolings: [PoolingPlan]
    /// What the merges read, one after another.
    let mergeSources: [SourcePlan]
    /// The layers' kernels; empty where none has any.
    ///
    /// Apart from the layers, which small networks copy more cheaply without them.
    private let kernels: [DenseKernels<S>?]
    /// What was compiled together.
    let sizes: PlanSizes
    /// The shape of a sample's inputs.
    let inputShape: Shape
    /// The shape of a sample's outputs.
    let outputShape: Shape
    /// How many tokens an embedding that reads the inputs knows; nil where they aren't tokens.
    let vocabulary: Int?

    /// Compiles a network for passes over up to `samples` samples.
    ///
    /// - Parameters:
    ///   - network: What is compiled.
    ///   - samples: The most samples of a pass.
    ///   - keepsPanels: Whether weights may lie in panels, where no gradients with respect to inputs
    ///     are wanted; see `DensePanels`.
    /// - Throws: `invalid` at `/network/layers/…` for a layer with which it is too large.
    init(
        _ network: borrowing Network, samples: Int, keepsPanels: Bool = false
    ) throws(ComputationError) {
        var compiler = PlanCompiler(network)
        self.layers = try Plan.compileLayers(of: network, with: &compiler)
        convolutions = compiler.convolutions
        poolings = compiler.poolings
        mergeSources = compiler.mergeSources
        sizes = compiler.sizes
        inputShape = network.inputShape
        outputShape = network.outputShape
        vocabulary = compiler.vocabulary
        let rows = min(samples, Partition.blockSize)
        kernels =
            rows < (keepsPanels ? PanelKernels<S>.fewestRows : Tile.rows) || !S.compilesProducts
            ? [] : layers.map { $0.kernels(forRows: rows, keepsPanels) }
    }

    deinit { free(UnsafeMutablePointer(mutating: layers.baseAddress)) }

    /// Compiles the layers into memory that is freed with the plan.
    private static func compileLayers(
        of network: borrowing Network, with compiler: inout PlanCompiler
    ) throws(ComputationError) -> UnsafeBufferPointer<LayerPlan> {
        let count = network.layers.count
        // Swift's own `allocate` asks for an alignment, which goes past malloc's lists of small
        // pieces and takes more than twice the instructions.
        guard let memory = malloc(count * MemoryLayout<LayerPlan>.stride) else {
            fatalError("out of memory")  // as `allocate` and every array would end
        }
        let layers = memory.bindMemory(to: LayerPlan.self, capacity: count)
        do throws(ComputationError) {
            for index in 0..<count {
                (layers + index).initialize(to: try compiler.compile(layer: index, of: network))
            }
        } catch {
            free(memory)
            throw error
        }
        return UnsafeBufferPointer(start: layers, count: count)
    }

    /// P.
    var parameterCount: Int { sizes.parameters }

    /// How far the gradients of two shards are apart: P, in whole cache lines.
    var shardStride: Int { AlignedNumbers<S>.inLines(parameterCount) }

    /// The length of a sample's inputs.
    var inputWidth: Int { sizes.inputWidth }

    /// The length of a sample's outputs.
    var outputWidth: Int { layers[layers.count - 1].width }

    /// The function the outputs come from.
    var lastActivation: Activation { layers[layers.count - 1].activation }

    /// The kernels of a layer, if it has any.
    @inline(__always)
    func kernels(ofLayer index: Int) -> DenseKernels<S>? {
        kernels.isEmpty ? nil : kernels[index]
    }

    /// The panels in which a layer's weights lie, and their gradients; nil where they lie in rows.
    @inline(__always)
    func panels(ofLayer index: Int) -> DensePanels? { kernels(ofLayer: index)?.panels?.panels }

    /// How many numbers are needed beside those of the samples: for transposed tiles, for a sample's
    /// windows or for the passes of a small chain, whichever needs most.
    var workCount: Int {
        max(
            sizes.work, sizes.smallChain,
            kernels.lazy.map { $0?.transposedCount ?? 0 }.max() ?? 0)
    }

    /// The most panels of a layer's weights; 0 where none lie in panels.
    var mostPanels: Int { kernels.lazy.map { $0?.panels?.panels.count ?? 0 }.max() ?? 0 }

    /// Whether some panels are multiplied by `Real.multiplyPanel`.
    var multipliesPanels: Bool {
        S.multipliesPanels
            && kernels.contains { ($0?.panels?.panels.units ?? 0) >= DensePanels.units }
    }

    /// The numbers of a shard's largest buffer: whole blocks of activations, gradients, or what is under windows.
    var numbersOfShard: Int {
        max(parameterCount, Partition.blockSize * (inputWidth + sizes.activations), sizes.work)
    }
}

/// How much room what a plan describes takes.
struct PlanSizes: Sendable {
    /// P.
    var parameters = 0
    /// The length of a sample's inputs.
    var inputWidth = 0
    /// The activations of all layers of a sample.
    var activations = 0
    /// How many numbers a pass keeps of a sample: all layers' activations, and some of their
    /// pre-activations.
    var kept = 0
    /// How many numbers of a sample hold gradients with respect to activations.
    var gradients = 0
    /// The most numbers of a sample whose gradient is added to another's.
    var added = 0
    /// The most numbers a layer needs beside those of the samples.
    var work = 0
    /// The running statistics of all batch normalisations.
    var statistics = 0
    /// Whether a batch normalisation needs the whole batch at once in training.
    var normalizesBatches = false
    /// Whether all layers are small dense ones, each reading the one before; see `SmallChain`.
    var isSmallChain = false
    /// Whether the last activation is a softmax.
    var endsInSoftmax = false

    /// How many intermediate numbers a pass has of a sample.
    var ofSample: Int { kept + gradients + added }
}

extension Plan {
    /// Finds the first layer and tensor with NaN or infinity in a flat buffer of P numbers.
    ///
    /// - Parameters:
    ///   - flat: Parameters or gradients.
    ///   - suffix: What is added to the names of the parameters.
    ///   - backward: Whether the last layer comes first, as its gradients do.
    /// - Returns: The place, or nil when all is finite.
    func firstNonFinite(
        _ flat: UnsafePointer<S>, suffix: String = "", backward: Bool = false
    ) -> NonFinite? {
        if Finiteness.holds(flat, count: parameterCount) { return nil }
        for index in backward ? layers.indices.reversed() : Array(layers.indices) {
            for (name, range) in layers[index].parameters.tensors
            where !Finiteness.holds(flat + range.lowerBound, count: range.count) {
                return NonFinite(layer: index, tensor: name + suffix)
            }
        }
        return nil
    }

    /// The place of a layer's gradients with respect to the parameters in `range`.
    func place(ofGradients range: Range<Int>, layer index: Int) -> NonFinite {
        let name =
            layers[index].parameters.tensors.first { $0.range == range }?.name ?? "parameters"
        return NonFinite(layer: index, tensor: name + "_gradient")
    }
}

extension LayerPlan {
    /// Compiles the layer's kernels for up to `rows` samples at once.
    fileprivate func kernels<S: Real>(
        forRows rows: Int, _ keepsPanels: Bool
    ) -> DenseKernels<S>? {
        guard case .dense(let dense) = kind else { return nil }
        // A layer that reads the inputs gives no gradient on, for which rows would be needed.
        if keepsPanels, source.layer < 0,
            let panels = PanelKernels<S>(inputs: dense.inputs, units: dense.units, rows: rows)
        {
            return DenseKernels(panels: panels)
        }
        return DenseKernels(inputs: dense.inputs, units: dense.units, rows: rows)
    }
}
