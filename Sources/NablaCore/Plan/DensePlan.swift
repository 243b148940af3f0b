import NablaNetworks

/// A dense layer compiled: z = x·Wᵀ + b, a = f(z), with x (n, i), W (u, i), b (u), z and a (n, u).
struct DensePlan: Sendable {
    /// i.
    let inputs: Int
    /// u.
    let units: Int
    /// Where W lies in the flat buffer: u·i numbers.
    let weights: Range<Int>
    /// Where b lies in the flat buffer, or nil for a layer without one: u numbers.
    let bias: Range<Int>?
    /// f.
    let activation: Activation

    /// Lays the layer's parameters out from `offset` on.
    init(_ dense: Dense, inputs: Int, at offset: Int) {
        self.inputs = inputs
        units = dense.units
        activation = dense.activation
        weights = offset..<offset + units * inputs
        bias = dense.usesBias ? weights.upperBound..<weights.upperBound + units : nil
    }

    /// u·i + u.
    var parameterCount: Int { weights.count + (bias?.count ?? 0) }

    /// z = x·Wᵀ + b for `rows` samples.
    func preActivate<S: Real>(
        _ x: UnsafePointer<S>, into z: UnsafeMutablePointer<S>, rows: Int,
        parameters: UnsafePointer<S>
    ) {
        MatrixProduct(m: rows, n: units, k: inputs)
            .rowsByRows(x, parameters + weights.lowerBound, into: z)
        guard let bias else { return }
        let b = parameters + bias.lowerBound
        for row in 0..<rows {
            let target = z + row &* units
            for unit in 0..<units { target[unit] += b[unit] }
        }
    }

    /// ∂L/∂W = δᵀ·x and ∂L/∂b = Σₙ δ, for δ = ∂L/∂z (n, u), into the flat buffer of gradients.
    ///
    /// - Source: Rumelhart et al. 1986.
    func gradients<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, rows: Int,
        into gradients: UnsafeMutablePointer<S>, adding: Bool
    ) {
        MatrixProduct(m: units, n: inputs, k: rows)
            .columnsByColumns(delta, x, into: gradients + weights.lowerBound, adding: adding)
        guard let bias else { return }
        let b = gradients + bias.lowerBound
        if !adding { b.update(repeating: 0, count: units) }
        for row in 0..<rows {
            let source = delta + row &* units
            for unit in 0..<units { b[unit] += source[unit] }
        }
    }

    /// ∂L/∂x = δ·W, (n, i).
    func inputGradients<S: Real>(
        of delta: UnsafePointer<S>, into target: UnsafeMutablePointer<S>, rows: Int,
        parameters: UnsafePointer<S>
    ) {
        MatrixProduct(m: rows, n: inputs, k: units)
            .rowsByColumns(delta, parameters + weights.lowerBound, into: target)
    }
}
