import NablaNetworks

/// When two numbers are taken for the same: |x − y| ≤ max(atol, rtol·max(|x|, |y|)).
///
/// - Source: PEP 485, the symmetric form.
struct Tolerance {
    let relative: Double
    let absolute: Double

    init(relative: Double, absolute: Double) {
        self.relative = relative
        self.absolute = absolute
    }

    /// Makes the tolerance of a check over losses of that mean magnitude.
    init(_ settings: GradientCheck.Settings, meanLoss: Double) {
        relative = settings.relativeTolerance
        absolute = settings.absoluteTolerance ?? 1e-8 * max(1, meanLoss)
    }

    /// |x − y| / max(|x|, |y|, atol/rtol), which is up to rtol where the two are the same.
    func error(_ x: Double, _ y: Double) -> Double {
        let distance = abs(x - y)
        guard distance > 0 else { return 0 }
        return distance / max(abs(x), abs(y), absolute / relative)
    }

    /// Whether two numbers are the same.
    func holds(_ x: Double, _ y: Double) -> Bool { error(x, y) <= relative }
}

/// ∂L/∂θ from differences of the loss, and what can be said about their worth.
struct DifferenceQuotient {
    let probe: LossProbe
    let tolerance: Tolerance
    /// The step of a parameter about 1.
    let step: Double

    /// What was found for a parameter.
    struct Outcome {
        var value: Double
        var kink: GradientCheck.Kink?
        /// Near a kink: the one-sided quotients.
        var sides: (forward: Double, backward: Double)?
    }

    /// The derivative by a parameter that is said to be `expected`.
    func outcome(
        of parameter: Int, expected: Double
    ) throws(ComputationError) -> Outcome {
        do throws(NonFinite) {
            let step = step * max(1, abs(probe.value(of: parameter)))
            let value = try probe.centralQuotient(of: parameter, step: step)
            if tolerance.holds(value, expected) { return Outcome(value: value) }
            return try examined(parameter, expected: expected, step: step, plain: value)
        } catch {
            throw .nonFinite(error)
        }
    }

    /// Finds out why the quotient isn't as expected.
    private func examined(
        _ parameter: Int, expected: Double, step: Double, plain: Double
    ) throws(NonFinite) -> Outcome {
        let sides = try probe.sideQuotients(of: parameter, step: step)
        if let kink = try kink(near: parameter, step: step) {
            return Outcome(value: plain, kink: kink, sides: sides)
        }
        let value = try extrapolated(parameter, from: step)
        if !tolerance.holds(value, expected), !tolerance.holds(sides.forward, sides.backward),
            try jumps(parameter, step: step, by: sides.forward - sides.backward)
        {
            let kink = GradientCheck.Kink(layer: nil, unit: nil, sample: nil)
            return Outcome(value: plain, kink: kink, sides: sides)
        }
        return Outcome(value: value)
    }

    /// The first kink between the ends of the step.
    private func kink(near parameter: Int, step: Double) throws(NonFinite) -> GradientCheck.Kink? {
        let θ = probe.value(of: parameter)
        let here = try probe.sides(of: parameter, at: θ)
        for there in [θ + step, θ - step] {
            let moved = try probe.sides(of: parameter, at: there)
            if let kink = here.firstKink(before: moved) { return kink }
        }
        return nil
    }

    /// Whether the one-sided quotients stay apart where the step is an eighth.
    ///
    /// What curvature makes of their distance shrinks with the step; a jump stays.
    private func jumps(
        _ parameter: Int, step: Double, by distance: Double
    ) throws(NonFinite) -> Bool {
        let sides = try probe.sideQuotients(of: parameter, step: step / 8)
        return abs(sides.forward - sides.backward) > abs(distance) / 2
    }

    /// The limit of central quotients as the step goes to 0, extrapolated from longer steps, whose
    /// rounding error is smaller: of all columns of Richardson's table, the number that differs
    /// least from its neighbours.
    ///
    /// - Source: Ridders 1982, "Accurate computation of F′(x) and F′(x)F″(x)"; as in Press et al.,
    ///   Numerical Recipes, section 5.7.
    func extrapolated(_ parameter: Int, from step: Double) throws(NonFinite) -> Double {
        let columns = 12
        let unit = max(1, abs(probe.value(of: parameter)))
        // An eighth of the step in the end, unless the step is longer than a hundredth.
        var length = max(step, min(256 * step, 1e-2 * unit))
        var row: [Double] = []
        var (best, error) = (0.0, Double.infinity)
        for _ in 0..<columns {
            var next = [try probe.centralQuotient(of: parameter, step: length)]
            // The error is even in h: halving the step takes a factor 4 from its first term.
            var factor = 4.0
            for (column, coarse) in row.enumerated() {
                let fine = (next[column] * factor - coarse) / (factor - 1)
                let distance = max(abs(fine - next[column]), abs(fine - coarse))
                if distance < error { (best, error) = (fine, distance) }
                next.append(fine)
                factor *= 4
            }
            row = next
            length /= 2
        }
        return best
    }
}

extension LossProbe {
    /// The mean of the losses' magnitudes, or their sum where the loss is the sum.
    func meanMagnitude() throws(ComputationError) -> Double {
        do throws(NonFinite) {
            return try magnitude()
        } catch {
            throw .nonFinite(error)
        }
    }
}
