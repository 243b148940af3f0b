import NablaNetworks

/// A merge compiled: the sum, the product or the concatenation of what several layers give.
///
/// Along the first axis of a sample, the numbers of one input stand together; so a concatenation is
/// the inputs' numbers one behind the other.
struct MergePlan: Sendable {
    /// How the inputs are merged.
    enum Operation: Sendable {
        case add
        case multiply
        case concatenate
    }

    let operation: Operation
    /// What it reads, in `Plan.mergeSources`.
    let sources: Range<Int>

    init(_ operation: Layer.Operation, sources: Range<Int>) {
        switch operation {
        case .multiply: self.operation = .multiply
        case .concatenate: self.operation = .concatenate
        default: self.operation = .add
        }
        self.sources = sources
    }
}

/// One input of a merge: (rows, width).
struct MergeInput<S: Real> {
    let numbers: UnsafePointer<S>
    let width: Int
    /// How many numbers of a sample the inputs before it have.
    let offset: Int
}

extension MergePlan {
    /// Merges one input into a, (rows, u); the inputs come in their order.
    func forward<S: Real>(
        _ input: MergeInput<S>, isFirst: Bool, into a: UnsafeMutablePointer<S>, rows: Int,
        width: Int
    ) {
        let (x, count) = (input.numbers, rows * input.width)
        switch operation {
        case .concatenate:
            for row in 0..<rows {
                (a + row * width + input.offset)
                    .update(from: x + row * input.width, count: input.width)
            }
        case _ where isFirst: a.update(from: x, count: count)
        case .add: for index in 0..<count { a[index] += x[index] }
        case .multiply: for index in 0..<count { a[index] *= x[index] }
        }
    }

    /// Writes ∂L/∂x of one input for δ = ∂L/∂a, (rows, u); of a product, without the other inputs'
    /// factors.
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, _ input: MergeInput<S>,
        into target: UnsafeMutablePointer<S>, rows: Int, width: Int
    ) {
        guard operation == .concatenate else {
            target.update(from: delta, count: rows * input.width)
            return
        }
        for row in 0..<rows {
            (target + row * input.width)
                .update(from: delta + row * width + input.offset, count: input.width)
        }
    }
}
