/// σ(z) = 1 / (1 + e⁻ᶻ), σ′ = a(1 − a).
struct Sigmoid<S: Numbers>: Pointwise {
    static var readsPreActivation: Bool { false }

    @inline(__always)
    func value(at z: S) -> S {
        // e^−|z| never overflows, and both tails keep their relative precision.
        let decay = S.decay(z.magnitude)
        return S.choose(where: z, isLessThan: 0, decay, else: 1) / (1 + decay)
    }

    @inline(__always)
    func slope(at z: S, value a: S) -> S { a * (1 - a) }
}

/// tanh z = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ), tanh′ = 1 − a².
struct HyperbolicTangent<S: Numbers>: Pointwise {
    static var readsPreActivation: Bool { false }

    /// Below 0.45 the seventh convergent of Lambert's continued fraction (1768), above (1 − e)/(1 +
    /// e) with e = e^−2|z|, which would cancel below; one division for either, and no branch.
    @inline(__always)
    func value(at z: S) -> S {
        let magnitude = z.magnitude
        let decay = S.decay(2 * magnitude)
        let t = z * z
        let above = S.choose(
            where: magnitude, isLessThan: 0.45,
            magnitude * (135_135 + t * (17_325 + t * (378 + t))), else: 1 - decay)
        let below = S.choose(
            where: magnitude, isLessThan: 0.45,
            135_135 + t * (62_370 + t * (3150 + t * 28)), else: 1 + decay)
        let value = above / below
        return S.choose(where: z, isLessThan: 0, -value, else: value)
    }

    @inline(__always)
    func slope(at z: S, value a: S) -> S { 1 - a * a }
}

/// softplus(z) = ln(1 + eᶻ), softplus′ = σ(z).
///
/// - Source: Dugas et al. 2001. PyTorch turns linear above 20; this doesn't need to.
struct Softplus<S: Real>: Pointwise {
    static var readsPreActivation: Bool { true }

    @inline(__always)
    func value(at z: S) -> S {
        // max(z, 0) + ln(1 + e^−|z|): no overflow, and the lower tail stays exact. NaN passes.
        (z < 0 ? 0 : z) + S.logarithmOfOnePlus(S.decay(abs(z)))
    }

    @inline(__always)
    func slope(at z: S, value a: S) -> S { Sigmoid<S>().value(at: z) }
}

/// silu(z) = z·σ(z), silu′ = σ(z)·(1 + z·(1 − σ(z))).
///
/// - Source: Elfwing et al. 2018; Ramachandran et al. 2017 (swish).
struct SiLU<S: Real>: Pointwise {
    static var readsPreActivation: Bool { true }

    @inline(__always)
    func value(at z: S) -> S { z * Sigmoid<S>().value(at: z) }

    @inline(__always)
    func slope(at z: S, value a: S) -> S {
        // 1 − σ(z) = σ(−z), without the cancellation.
        Sigmoid<S>().value(at: z) * (1 + z * Sigmoid<S>().value(at: -z))
    }
}

/// gelu(z) = z·Φ(z), gelu′ = Φ(z) + z·φ(z), with the normal distribution function Φ(z) = ½
/// erfc(−z/√2) and its density φ(z) = e^(−z²/2) / √(2π).
///
/// - Source: Hendrycks & Gimpel 2016, the exact form. erfc keeps the lower tail, where ½(1 + erf)
///   cancels.
struct GELU<S: Real>: Pointwise {
    static var readsPreActivation: Bool { true }

    @inline(__always)
    private func distribution(_ z: S) -> S {
        let rootOfHalf: S = 0.707_106_781_186_547_524_4
        return 0.5 * S.complementaryError(-z * rootOfHalf)
    }

    @inline(__always)
    func value(at z: S) -> S { z * distribution(z) }

    @inline(__always)
    func slope(at z: S, value a: S) -> S {
        let densityAtZero: S = 0.398_942_280_401_432_677_9
        // Φ(z) = a/z, which is cheaper than erfc once more, but whose derivative cancels near 0.
        let distribution =
            S.carriesTangents ? self.distribution(z) : z == 0 ? 0.5 : a / z
        return distribution + z * densityAtZero * S.exponential(-0.5 * z * z)
    }
}
