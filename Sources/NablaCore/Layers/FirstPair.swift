import CProcessor
import NablaNetworks

/// The first two layers of a network, computed together, panel by panel of the first one's units.
///
/// What z, a and δ a panel has of the first layer, nobody needs but who works on that panel: of the
/// second layer's z that is what the panel's activations add to it, and back it is all that needs the
/// second layer's δ. So threads pass each other the second layer's few numbers of each sample, and not
/// the first one's many; where their processors share no cache, that was what short steps waited for.
///
/// The second layer's weights lie input by input, (i, u), so that a panel's lie together and stay with
/// the thread that updates them. The order of every sum depends on the sizes alone.
/// - Source: Shoeybi et al. 2019, "Megatron-LM: Training Multi-Billion Parameter Language Models Using
///   Model Parallelism", section 3, for one layer by its outputs and the next by its inputs.
struct FirstPair<S: Real>: Sendable {
    /// The second layer's products with a panel's w units of the first, for t samples.
    struct Products: Sendable {
        /// z (t, u) = a (t, w) · W (w, u), to which other panels' are added.
        fileprivate let preActivations: ProductKernel<S>
        /// ∂L/∂a (t, w) = δ (t, u) · Wᵀ (u, w).
        fileprivate let activationGradients: ProductKernel<S>
        /// ∂L/∂W (w, u) = aᵀ · δ.
        fileprivate let weightGradients: ProductKernel<S>
        /// ∂L/∂W + aᵀ · δ.
        fileprivate let addedWeightGradients: ProductKernel<S>

        fileprivate init?(width: Int, units: Int, rows: Int) {
            let back = MatrixProduct(m: width, n: units, k: rows)
            guard
                let forward = ProductKernel<S>(MatrixProduct(m: rows, n: units, k: width)),
                let through = ProductKernel<S>(MatrixProduct(m: rows, n: width, k: units)),
                let written = ProductKernel<S>(back, ProductForm(transposes: true)),
                let added = ProductKernel<S>(back, ProductForm(transposes: true, adds: true))
            else { return nil }
            (preActivations, activationGradients) = (forward, through)
            (weightGradients, addedWeightGradients) = (written, added)
        }
    }

    /// The most units of the second layer: as many as a panel has, beyond which its part of z would be
    /// more than its activations.
    private static var mostUnits: Int { DensePanels.units }
    /// Numbers of two cache lines of 64 bytes at least: threads' parts lie so far apart.
    private static var lineLength: Int { 32 }

    /// The first layer.
    let first: PanelKernels<S>
    /// How the second layer's weights lie: in one panel.
    let secondPanels: DensePanels
    fileprivate let activation: Activation
    /// Where the layers' parameters lie.
    fileprivate let parameters: (first: ParameterPlan, second: ParameterPlan)
    private let whole: Tiles<Products>
    private let last: Tiles<Products>

    /// Compiles the products of blocks of up to `rows` samples; nil where the first two layers aren't
    /// such ones, and where products can't be compiled.
    init?(
        _ layers: UnsafeBufferPointer<LayerPlan>, _ mergeSources: [SourcePlan], rows: Int
    ) {
        guard layers.count > 1, case .dense(let dense) = layers[0].kind,
            case .dense(let second) = layers[1].kind, layers[0].source.layer < 0,
            layers[1].source.layer == 0, second.units <= FirstPair.mostUnits,
            // A softmax goes over the units of all panels.
            layers[0].activation != .softmax,
            !layers.dropFirst(2).contains(where: { $0.source.layer == 0 }),
            !mergeSources.contains(where: { $0.layer == 0 }),
            let first = PanelKernels<S>(
                inputs: dense.inputs, units: dense.units, rows: rows, liesApart: true)
        else { return nil }
        func tiles(_ panel: Int) -> Tiles<Products>? {
            let width = first.panels.units(of: panel).count
            return Tiles(of: rows) { Products(width: width, units: second.units, rows: $0) }
        }
        guard let whole = tiles(0), let last = tiles(first.panels.count - 1) else { return nil }
        self.first = first
        secondPanels = DensePanels(inputs: second.inputs, units: second.units)
        activation = layers[0].activation
        parameters = (layers[0].parameters, layers[1].parameters)
        (self.whole, self.last) = (whole, last)
    }

    /// How many panels the first layer has.
    @inline(__always)
    var count: Int { first.panels.count }

    /// Units of the second layer: u.
    @inline(__always)
    fileprivate var units: Int { secondPanels.units }

    /// How many numbers all panels' parts of the second layer's z take.
    func partCount(rows: Int) -> Int { count &* partStride(rows: rows) }

    /// How far two panels' parts are apart.
    @inline(__always)
    fileprivate func partStride(rows: Int) -> Int {
        (rows &* units &+ FirstPair.lineLength &- 1) & ~(FirstPair.lineLength &- 1)
    }

    @inline(__always)
    fileprivate func products(of panel: Int) -> Tiles<Products> {
        panel == count &- 1 ? last : whole
    }

    /// Where a panel's weights of the second layer lie.
    @inline(__always)
    fileprivate func secondWeights(of panel: Int) -> Range<Int> {
        let inputs = first.panels.units(of: panel)
        let offset = parameters.second.offset
        return offset &+ inputs.lowerBound &* units..<offset &+ inputs.upperBound &* units
    }

    /// Where a panel's biases of the first layer lie.
    @inline(__always)
    fileprivate func bias(of panel: Int) -> Range<Int> {
        let (units, start) = (first.panels.units(of: panel), parameters.first.bias.lowerBound)
        return start &+ units.lowerBound..<start &+ units.upperBound
    }
}

/// z and a of the first layer, and what each panel adds to z of the second.
struct PairForward<S: Real>: PartedWork {
    let pair: UnsafePointer<FirstPair<S>>
    let inputs: BatchInputs<S>
    /// n.
    let rows: Int
    /// P numbers.
    let parameters: UnsafePointer<S>
    /// (panels, n, w), written.
    let z: UnsafeMutablePointer<S>
    /// (panels, n, w), written; may be the same memory.
    let a: UnsafeMutablePointer<S>
    /// Panel after panel (n, u), written; with a NaN where a number of z isn't finite.
    let parts: UnsafeMutablePointer<S>

    func run(part panel: Int, as member: Int) {
        let units = pair.pointee.first.panels.units(of: panel)
        let part = part(of: panel)
        // Whoever sums them has them in its caches.
        CacheLines.prefetchToWrite(part, count: rows &* pair.pointee.units)
        preActivate(panel, as: member)
        let (start, count) = (rows &* units.lowerBound, rows &* units.count)
        let isFinite = Finiteness.holds(z + start, count: count)
        pair.pointee.activation.apply(
            to: z + start, into: a + start, rows: rows, width: units.count)
        add(panel)
        if !isFinite { part.pointee = S(Double.nan) }
    }

    /// Computes z of the first layer.
    @inline(__always)
    func preActivate(_ panel: Int, as member: Int) {
        let layer = pair.pointee.parameters.first
        PanelPreActivation(
            kernels: pair.pointee.first, inputs: inputs, z: z, rows: rows,
            weights: parameters + layer.offset,
            bias: layer.bias.isEmpty ? nil : parameters + layer.bias.lowerBound
        ).run(part: panel, as: member)
    }

    /// Computes what a panel's activations add to z of the second layer.
    @inline(__always)
    func add(_ panel: Int) {
        let (units, width) = (pair.pointee.first.panels.units(of: panel), pair.pointee.units)
        let (a, part) = (a + rows &* units.lowerBound, part(of: panel))
        let weights = parameters + pair.pointee.secondWeights(of: panel).lowerBound
        pair.pointee.products(of: panel).inTiles(of: rows) { row, products in
            products.preActivations(
                a + row &* units.count, weights, into: part + row &* width)
        }
    }

    /// Writes z of the second layer, (n, u): its biases and what all panels add, in order.
    func sum(into z: UnsafeMutablePointer<S>) {
        let (width, count) = (pair.pointee.units, rows &* pair.pointee.units)
        for panel in 0..<pair.pointee.count {
            CacheLines.prefetch(part(of: panel), count: count)
        }
        let bias = pair.pointee.parameters.second.bias
        let first = part(of: 0)
        if bias.isEmpty {
            z.update(from: first, count: count)
        } else {
            let bias = parameters + bias.lowerBound
            for row in 0..<rows {
                let (z, part) = (z + row &* width, first + row &* width)
                for unit in 0..<width { z[unit] = bias[unit] + part[unit] }
            }
        }
        for panel in 1..<max(pair.pointee.count, 1) {
            let part = part(of: panel)
            for index in 0..<count { z[index] += part[index] }
        }
    }

    @inline(__always)
    private func part(of panel: Int) -> UnsafeMutablePointer<S> {
        parts + panel &* pair.pointee.partStride(rows: rows)
    }
}

/// What a sink refused of a panel.
struct PairRefusals: OptionSet {
    let rawValue: UInt8
    static var secondWeights: PairRefusals { PairRefusals(rawValue: 1) }
    static var secondBias: PairRefusals { PairRefusals(rawValue: 2) }
    static var weights: PairRefusals { PairRefusals(rawValue: 4) }
    static var bias: PairRefusals { PairRefusals(rawValue: 8) }
}

/// The gradients of both layers' parameters for δ of the second, given to a sink panel after panel.
struct PairGradients<S: Real, Sink: GradientSink<S>>: PartedWork {
    let pair: UnsafePointer<FirstPair<S>>
    let inputs: BatchInputs<S>
    /// n.
    let rows: Int
    /// P numbers.
    let parameters: UnsafePointer<S>
    /// z and a of the first layer: (panels, n, w).
    let z: UnsafePointer<S>
    let a: UnsafePointer<S>
    /// δ of the first layer, (panels, n, w), written.
    let delta: UnsafeMutablePointer<S>
    /// δ of the second layer: (n, u).
    let secondDelta: UnsafePointer<S>
    /// Whether the layers' gradients are wanted.
    let isWanted: (first: Bool, second: Bool)
    let sink: Sink
    /// Of each panel; changed where the sink refused something.
    let refusals: UnsafeMutablePointer<PairRefusals>

    func run(part panel: Int, as member: Int) {
        CacheLines.prefetch(secondDelta, count: rows &* pair.pointee.units)
        var refused: PairRefusals = []
        // Before the sink may change the second layer's weights.
        if isWanted.first { pullBack(panel) }
        if isWanted.second { refused.formUnion(secondLayer(panel)) }
        if isWanted.first { refused.formUnion(firstLayer(panel, as: member)) }
        if !refused.isEmpty { refusals[panel] = refused }
    }

    /// Computes δ of the first layer.
    @inline(__always)
    private func pullBack(_ panel: Int) {
        let (units, width) = (pair.pointee.first.panels.units(of: panel), pair.pointee.units)
        let start = rows &* units.lowerBound
        let delta = delta + start
        let weights = parameters + pair.pointee.secondWeights(of: panel).lowerBound
        withUnsafeTemporaryAllocation(of: S.self, capacity: units.count &* width) { memory in
            guard let transposed = memory.baseAddress else { return }
            Transposition.transpose(
                weights, rows: units.count, columns: width, into: transposed)
            pair.pointee.products(of: panel).inTiles(of: rows) { row, products in
                products.activationGradients(
                    secondDelta + row &* width, transposed, into: delta + row &* units.count)
            }
        }
        pair.pointee.activation.pullBack(
            delta, z: z + start, a: a + start, rows: rows, width: units.count)
    }

    @inline(__always)
    private func secondLayer(_ panel: Int) -> PairRefusals {
        let (units, width) = (pair.pointee.first.panels.units(of: panel), pair.pointee.units)
        let a = a + rows &* units.lowerBound
        let part = pair.pointee.secondWeights(of: panel)
        let sink = self.sink.apart(from: part.lowerBound)
        let target = sink.memory(for: part)
        pair.pointee.products(of: panel).inTiles(of: rows) { row, products in
            let kernel = row > 0 ? products.addedWeightGradients : products.weightGradients
            kernel(a + row &* units.count, secondDelta + row &* width, into: target)
        }
        var refused: PairRefusals = sink.take(part) ? [] : .secondWeights
        let bias = pair.pointee.parameters.second.bias
        if panel == 0, !bias.isEmpty, !takesSums(of: secondDelta, bias) {
            refused.insert(.secondBias)
        }
        return refused
    }

    @inline(__always)
    private func firstLayer(_ panel: Int, as member: Int) -> PairRefusals {
        let layer = pair.pointee.parameters.first
        let isTaken = PanelGradients(
            kernels: pair.pointee.first, delta: delta, inputs: inputs, rows: rows,
            offset: layer.offset, sink: sink
        ).isTaken(panel, as: member)
        var refused: PairRefusals = isTaken ? [] : .weights
        if !layer.bias.isEmpty {
            let units = pair.pointee.first.panels.units(of: panel)
            let delta = UnsafePointer(delta + rows &* units.lowerBound)
            if !takesSums(of: delta, pair.pointee.bias(of: panel)) { refused.insert(.bias) }
        }
        return refused
    }

    /// Gives the sink the gradients of biases: δ (n, as many as they are) summed over the samples.
    @inline(__always)
    private func takesSums(of delta: UnsafePointer<S>, _ bias: Range<Int>) -> Bool {
        let (sink, count) = (sink.apart(from: bias.lowerBound), bias.count)
        let sums = sink.memory(for: bias)
        sums.update(repeating: 0, count: count)
        for row in 0..<rows {
            let delta = delta + row &* count
            for unit in 0..<count { sums[unit] += delta[unit] }
        }
        return sink.take(bias)
    }
}

/// Hints about cache lines that other threads have.
private enum CacheLines {
    private static var length: Int { 64 }

    /// Asks for numbers that will be read.
    @inline(__always)
    static func prefetch<S>(_ numbers: UnsafePointer<S>, count: Int) {
        let start = UnsafeRawPointer(numbers)
        for byte in stride(from: 0, to: count &* MemoryLayout<S>.stride, by: length) {
            nabla_prefetch(start + byte)
        }
    }

    /// Asks for numbers that will be written.
    @inline(__always)
    static func prefetchToWrite<S>(_ numbers: UnsafePointer<S>, count: Int) {
        let start = UnsafeRawPointer(numbers)
        for byte in stride(from: 0, to: count &* MemoryLayout<S>.stride, by: length) {
            nabla_prefetch_to_write(start + byte)
        }
    }
}
