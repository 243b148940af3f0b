/// relu(z) = max(z, 0), relu′ = 1 for z > 0, else 0 (PyTorch's choice at 0).
struct ReLU<S: Numbers>: Pointwise {
    static var readsPreActivation: Bool { false }

    // The comparison is false for NaN, so that NaN isn't hidden as 0. A product and not a choice,
    // which would be compiled to a branch in place of vectors; adding 0 turns −0 into 0.
    @inline(__always)
    func value(at z: S) -> S { z * S.choose(where: z, isLessThan: 0, 0, else: 1) + 0 }

    @inline(__always)
    func slope(at z: S, value a: S) -> S { S.choose(where: 0, isLessThan: a, 1, else: 0) }
}

/// leaky_relu(z) = z for z > 0, else s·z; the derivative is 1 for z > 0, else s.
///
/// - Source: Maas et al. 2013.
struct LeakyReLU<S: Real>: Pointwise {
    static var readsPreActivation: Bool { true }
    /// The slope s for z ≤ 0.
    let negativeSlope: S

    init(_ negativeSlope: S) { self.negativeSlope = negativeSlope }

    @inline(__always)
    func value(at z: S) -> S { z > 0 ? z : negativeSlope * z }

    @inline(__always)
    func slope(at z: S, value a: S) -> S { z > 0 ? 1 : negativeSlope }
}

/// elu(z) = z for z > 0, else α·(eᶻ − 1); the derivative is 1 for z > 0, else α·eᶻ.
///
/// - Source: Clevert et al. 2016.
struct ELU<S: Real>: Pointwise {
    static var readsPreActivation: Bool { true }
    /// Minus the value approached as z → −∞.
    let alpha: S

    @inline(__always)
    func value(at z: S) -> S { z > 0 ? z : alpha * S.exponentialMinusOne(z) }

    @inline(__always)
    func slope(at z: S, value a: S) -> S { z > 0 ? 1 : alpha * S.exponential(z) }
}

/// selu(z) = λ·elu(z) with α, λ such that mean 0 and variance 1 are kept from layer to layer.
///
/// - Source: Klambauer et al. 2017, equation 14; the constants to double precision as in PyTorch.
struct SELU<S: Real>: Pointwise {
    static var readsPreActivation: Bool { true }
    private let scale: S = 1.050_700_987_355_480_493_419
    private let alpha: S = 1.673_263_242_354_377_284_817

    @inline(__always)
    func value(at z: S) -> S { scale * ELU(alpha: alpha).value(at: z) }

    @inline(__always)
    func slope(at z: S, value a: S) -> S { scale * ELU(alpha: alpha).slope(at: z, value: a) }
}
