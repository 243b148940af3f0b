/// Where a backward pass puts the gradients of parameters, part after part.
protocol GradientSink<S> {
    associatedtype S: Real

    /// Memory for the gradients of the parameters in `part`, which is written.
    func memory(for part: Range<Int>) -> UnsafeMutablePointer<S>
    /// Takes the gradients of `part` from there; false when they can't be taken, which ends the pass.
    func take(_ part: Range<Int>) -> Bool
    /// The sink for the parameters from `first` on, for a thread beside others that have theirs.
    func apart(from first: Int) -> Self
    /// Where the gradients of a layer's weights in panels go row by row, and not to the sink; nil where
    /// they are to stay in panels.
    func weightRows(ofLayer index: Int) -> UnsafeMutablePointer<S>?
}

extension GradientSink {
    func weightRows(ofLayer index: Int) -> UnsafeMutablePointer<S>? { nil }
}

/// Keeps all gradients in a flat buffer of P numbers.
struct FlatGradients<S: Real>: GradientSink {
    let buffer: UnsafeMutablePointer<S>
    /// Whether what isn't finite is refused: looked at while it is in the caches.
    let looks: Bool
    /// Where those of weights in panels go instead, for each layer; nil where they stay in panels.
    var weightRows: WeightRowPointers<S>?

    @inline(__always)
    func memory(for part: Range<Int>) -> UnsafeMutablePointer<S> { buffer + part.lowerBound }

    @inline(__always)
    func take(_ part: Range<Int>) -> Bool {
        !looks || Finiteness.holds(buffer + part.lowerBound, count: part.count)
    }

    @inline(__always)
    func apart(from first: Int) -> FlatGradients<S> { self }

    @inline(__always)
    func weightRows(ofLayer index: Int) -> UnsafeMutablePointer<S>? { weightRows?[index] }
}

/// Gives each part to the optimizer while it is in the caches, and refuses what isn't finite.
struct UpdatingGradients<S: FloatingReal>: GradientSink {
    /// As long as the longest part; P numbers where threads have parts of their own.
    let buffer: UnsafeMutablePointer<S>
    let update: ParameterUpdate<S>

    @inline(__always)
    func memory(for part: Range<Int>) -> UnsafeMutablePointer<S> { buffer }

    @inline(__always)
    func take(_ part: Range<Int>) -> Bool {
        update.runIfFinite(part, with: buffer)
    }

    @inline(__always)
    func apart(from first: Int) -> UpdatingGradients<S> {
        UpdatingGradients(buffer: buffer + first, update: update)
    }
}

/// Whether all parts of some work were taken: `body` gets a flag for each, to set where one was refused.
@inline(__always)
func allAreTaken(of parts: Int, _ body: (UnsafeMutablePointer<Bool>) -> Void) -> Bool {
    withUnsafeTemporaryAllocation(of: Bool.self, capacity: parts) { refusals in
        refusals.initialize(repeating: false)
        // Without parts there is nothing to refuse.
        if let first = refusals.baseAddress { body(first) }
        return !refusals.contains(true)
    }
}
