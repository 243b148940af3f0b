import NablaNetworks

/// An activation of one number, or of four at once: f and f′ side by side.
protocol Pointwise<S> {
    associatedtype S: Numbers

    /// Whether f′ needs z, because a = f(z) alone doesn't tell it exactly.
    static var readsPreActivation: Bool { get }
    /// a = f(z).
    func value(at z: S) -> S
    /// f′(z), given a = f(z); z is undefined unless `readsPreActivation`.
    func slope(at z: S, value a: S) -> S
}

extension Pointwise where S: Real {
    /// Writes f of `count` pre-activations; `z` and `a` may be the same memory.
    @inline(__always)
    func apply(to z: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, count: Int) {
        if z == UnsafePointer(a) {
            // One pointer, so that the compiler sees no overlap and vectorises.
            for index in 0..<count { a[index] = value(at: a[index]) }
        } else {
            for index in 0..<count { a[index] = value(at: z[index]) }
        }
    }

    /// Turns `count` numbers ∂L/∂a into ∂L/∂z = ∂L/∂a · f′(z).
    @inline(__always)
    func pullBack(
        _ gradient: UnsafeMutablePointer<S>, z: UnsafePointer<S>, a: UnsafePointer<S>, count: Int
    ) {
        if Self.readsPreActivation {
            for index in 0..<count { gradient[index] *= slope(at: z[index], value: a[index]) }
        } else {
            for index in 0..<count { gradient[index] *= slope(at: 0, value: a[index]) }
        }
    }
}

extension Pointwise {
    /// As `apply`, for a multiple of four numbers; see `Lanes`.
    @inline(__always)
    func applyLanes<R: Real>(
        to z: UnsafePointer<R>, into a: UnsafeMutablePointer<R>, count: Int
    ) where S == Lanes<R> {
        var index = 0
        while index < count {
            value(at: Lanes(z + index)).store(at: a + index)
            index &+= 4
        }
    }

    /// As `pullBack`, for a multiple of four numbers.
    @inline(__always)
    func pullBackLanes<R: Real>(
        _ gradient: UnsafeMutablePointer<R>, z: UnsafePointer<R>, a: UnsafePointer<R>, count: Int
    ) where S == Lanes<R> {
        var index = 0
        while index < count {
            let a = Lanes(a + index)
            let z = Self.readsPreActivation ? Lanes(z + index) : a
            (Lanes(gradient + index) * slope(at: z, value: a)).store(at: gradient + index)
            index &+= 4
        }
    }
}

extension Activation {
    /// Whether the derivative needs z beside a.
    var readsPreActivation: Bool {
        switch self {
        case .identity, .sigmoid, .tanh, .relu, .softmax: false
        case .leakyReLU, .elu, .selu, .gelu, .silu, .softplus: true
        }
    }

    /// Writes a = f(z) for `rows` rows of `width`; `z` and `a` may be the same memory.
    func apply<S: Real>(
        to z: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, rows: Int, width: Int
    ) {
        let count = rows * width
        switch self {
        case .identity: if z != UnsafePointer(a) { a.update(from: z, count: count) }
        case .sigmoid: Sigmoid<S>().apply(to: z, into: a, count: count)
        case .tanh: HyperbolicTangent<S>().apply(to: z, into: a, count: count)
        case .relu: S.rectify(z, into: a, count: count)
        case .leakyReLU(let slope): LeakyReLU(S(slope)).apply(to: z, into: a, count: count)
        case .elu(let alpha): ELU(alpha: S(alpha)).apply(to: z, into: a, count: count)
        case .selu: SELU<S>().apply(to: z, into: a, count: count)
        case .gelu: GELU<S>().apply(to: z, into: a, count: count)
        case .silu: SiLU<S>().apply(to: z, into: a, count: count)
        case .softplus: Softplus<S>().apply(to: z, into: a, count: count)
        case .softmax: Softmax<S>(width: width).apply(to: z, into: a, rows: rows)
        }
    }

    /// Turns ∂L/∂a, (`rows`, `width`), into ∂L/∂z in place.
    func pullBack<S: Real>(
        _ gradient: UnsafeMutablePointer<S>, z: UnsafePointer<S>, a: UnsafePointer<S>, rows: Int,
        width: Int
    ) {
        let count = rows * width
        switch self {
        case .identity: break
        case .sigmoid: Sigmoid<S>().pullBack(gradient, z: z, a: a, count: count)
        case .tanh: HyperbolicTangent<S>().pullBack(gradient, z: z, a: a, count: count)
        case .relu: S.rectifyBack(gradient, a, count: count)
        case .leakyReLU(let slope):
            LeakyReLU(S(slope)).pullBack(gradient, z: z, a: a, count: count)
        case .elu(let alpha): ELU(alpha: S(alpha)).pullBack(gradient, z: z, a: a, count: count)
        case .selu: SELU<S>().pullBack(gradient, z: z, a: a, count: count)
        case .gelu: GELU<S>().pullBack(gradient, z: z, a: a, count: count)
        case .silu: SiLU<S>().pullBack(gradient, z: z, a: a, count: count)
        case .softplus: Softplus<S>().pullBack(gradient, z: z, a: a, count: count)
        case .softmax: Softmax<S>(width: width).pullBack(gradient, a: a, rows: rows)
        }
    }

    /// As `apply` to a multiple of four numbers, without softmax, which goes over an axis.
    @inline(__always)
    func applyLanes<S: Real>(
        to z: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, count: Int
    ) {
        switch self {
        case .identity: if z != UnsafePointer(a) { a.update(from: z, count: count) }
        case .sigmoid: Sigmoid<Lanes<S>>().applyLanes(to: z, into: a, count: count)
        case .tanh: HyperbolicTangent<Lanes<S>>().applyLanes(to: z, into: a, count: count)
        case .relu: ReLU<Lanes<S>>().applyLanes(to: z, into: a, count: count)
        default: apply(to: z, into: a, rows: 1, width: count)
        }
    }

    /// As `pullBack` of a multiple of four numbers, without softmax.
    @inline(__always)
    func pullBackLanes<S: Real>(
        _ gradient: UnsafeMutablePointer<S>, z: UnsafePointer<S>, a: UnsafePointer<S>, count: Int
    ) {
        switch self {
        case .identity: break
        case .sigmoid: Sigmoid<Lanes<S>>().pullBackLanes(gradient, z: z, a: a, count: count)
        case .tanh: HyperbolicTangent<Lanes<S>>().pullBackLanes(gradient, z: z, a: a, count: count)
        case .relu: ReLU<Lanes<S>>().pullBackLanes(gradient, z: z, a: a, count: count)
        default: pullBack(gradient, z: z, a: a, rows: 1, width: count)
        }
    }
}
