import Testing

@testable import NablaCore

/// Formulas over four numbers at once against the same ones over one.
@Suite("Four numbers at once")
struct LanesTests {
    private static let places: [Double] = [
        0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1e-9, -0.3, 0.44, 0.45, -0.5, 1,
        -1, 2.5, -17, 40, -104, 709,
        -745, 800, -800, .infinity, -.infinity, .nan,
    ]

    /// Whether numbers are equal to the bit, where NaN is NaN.
    private func areSame<S: FloatingReal>(_ left: [S], _ right: [S]) -> Bool {
        zip(left, right).allSatisfy {
            ($0.isNaN && $1.isNaN) || ($0 == $1 && $0.sign == $1.sign)
        }
    }

    private func check<S: FloatingReal>(
        _ name: String, at values: [S], _ one: (S) -> S, _ four: (Lanes<S>) -> Lanes<S>
    ) {
        for value in values {
            // The other lanes have numbers of their own.
            let numbers = [value, values[0], values[values.count - 1], -value]
            var found = numbers
            four(Lanes(numbers)).store(at: &found)
            #expect(areSame(found, numbers.map(one)), "\(name) at \(numbers): \(found)")
        }
    }

    private func checkFunctions<S: FloatingReal>(_ type: S.Type) {
        let values = Self.places.map { S($0) }
        check("exponential", at: values, S.exponential, Lanes<S>.exponential)
        check("decay", at: values.filter { $0 >= 0 }, { S.decay(abs($0)) }) {
            Lanes<S>.decay($0.magnitude)
        }
        check("logarithm", at: values.filter { 0...1 ~= $0 }, { S.logarithmOfOnePlus(abs($0)) }) {
            Lanes<S>.logarithmOfOnePlus($0.magnitude)
        }
        check("negation", at: values, { -$0 }, { -$0 })
        check("difference", at: values, { 1 - $0 }, { 1 - $0 })
        check("quotient", at: values, { 1 / $0 }, { 1 / $0 })
    }

    @Test("functions have the same bits")
    func functions() {
        checkFunctions(Float.self)
        checkFunctions(Double.self)
    }

    private func checkActivation<S: FloatingReal>(
        _ one: some Pointwise<S>, _ four: some Pointwise<Lanes<S>>
    ) {
        let values = Self.places.map { S($0) }
        check("\(one)", at: values, one.value(at:), four.value(at:))
        check("\(one)′", at: values, { one.slope(at: $0, value: one.value(at: $0)) }) {
            four.slope(at: $0, value: four.value(at: $0))
        }
    }

    private func checkActivations<S: FloatingReal>(_ type: S.Type) {
        checkActivation(Sigmoid<S>(), Sigmoid<Lanes<S>>())
        checkActivation(HyperbolicTangent<S>(), HyperbolicTangent<Lanes<S>>())
        checkActivation(ReLU<S>(), ReLU<Lanes<S>>())
    }

    @Test("activations have the same bits")
    func activations() {
        checkActivations(Float.self)
        checkActivations(Double.self)
    }

    private func checkLoss<S: FloatingReal>(
        _ one: some ElementLoss<S>, _ four: some ElementLoss<Lanes<S>>
    ) {
        let values = Self.places.map { S($0) }
        for y: S in [0, 1, -1, 0.25] {
            let targets = Lanes(repeating: y)
            check("\(one)", at: values, { one.value(at: $0, target: y) }) {
                four.value(at: $0, target: targets)
            }
            check("\(one)′", at: values, { one.slope(at: $0, target: y) }) {
                four.slope(at: $0, target: targets)
            }
        }
    }

    private func checkLosses<S: FloatingReal>(_ type: S.Type) {
        checkLoss(LogisticLoss<S>(), LogisticLoss<Lanes<S>>())
        checkLoss(SquaredError<S>(), SquaredError<Lanes<S>>())
        checkLoss(AbsoluteError<S>(), AbsoluteError<Lanes<S>>())
        checkLoss(HuberLoss<S>(delta: 0.5), HuberLoss<Lanes<S>>(delta: 0.5))
        checkLoss(HingeLoss<S>(), HingeLoss<Lanes<S>>())
        checkLoss(Divergence<S>(), Divergence<Lanes<S>>())
        checkLoss(PoissonLoss<S>(), PoissonLoss<Lanes<S>>())
    }

    @Test("losses have the same bits")
    func losses() {
        checkLosses(Float.self)
        checkLosses(Double.self)
    }
}
