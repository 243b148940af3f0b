import NablaNetworks

/// Where L-BFGS keeps its numbers, P of them each: the direction, the gradient before, and of the
/// last changes of parameters and gradient each pair (s, y).
struct LBFGSBuffers<S: FloatingReal> {
    /// d.
    let direction: UnsafeMutablePointer<S>
    /// The gradient of the evaluation before.
    let previous: UnsafeMutablePointer<S>
    /// ρ = 1/(yᵀs) of each pair.
    let rho: UnsafeMutablePointer<S>
    /// The α of each pair, between the two loops over them.
    let alpha: UnsafeMutablePointer<S>
    private let pairs: UnsafeMutablePointer<S>
    private let count: Int

    /// Lays them out in `LBFGS.buffers` buffers of `count` numbers.
    init(_ settings: LBFGS, in state: UnsafeMutablePointer<S>, count: Int) {
        direction = state
        previous = state + count
        pairs = previous + count
        rho = pairs + 2 * settings.historySize * count
        alpha = rho + settings.historySize
        self.count = count
    }

    /// The change of the parameters of a pair.
    func s(_ pair: Int) -> UnsafeMutablePointer<S> { pairs + 2 * pair * count }

    /// The change of the gradient of a pair.
    func y(_ pair: Int) -> UnsafeMutablePointer<S> { pairs + (2 * pair + 1) * count }
}

extension LBFGS {
    /// How many buffers of P numbers it keeps; `Int.max` for more than can be counted.
    func buffers(parameters count: Int) -> Int {
        let (pairs, isTooLarge) = historySize.multipliedReportingOverflow(by: 2)
        // The last buffers hold ρ and α of each pair.
        guard !isTooLarge, pairs < Int.max / 4 else { return Int.max }
        return 2 + pairs + (pairs + count - 1) / count
    }
}
