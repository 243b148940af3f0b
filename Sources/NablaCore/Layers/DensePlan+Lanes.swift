/// A dense layer over lanes of four samples, with x (i, L), z (u, L) and δ (u, L); see `SmallChain`.
extension DensePlan {
    /// z = W·x + b; adds 0 to `check` for each number of z that is finite, NaN for any other.
    @inline(__always)
    func preActivateLanes<S: Real>(
        _ x: UnsafePointer<S>, into z: UnsafeMutablePointer<S>, lanes: Int,
        weights w: UnsafePointer<S>, bias b: UnsafePointer<S>?, check: inout Lanes<S>
    ) {
        for unit in 0..<units {
            let (factors, line) = (w + unit &* inputs, z + unit &* lanes)
            let start = b?[unit] ?? 0
            var lane = 0
            while lane < lanes {
                let sum = sumOfLines(
                    x + lane, lanes, times: factors, stride: 1, count: inputs, from: start)
                check += 0 * sum
                sum.store(at: line + lane)
                lane &+= 4
            }
        }
    }

    /// ∂L/∂x = Wᵀ·δ.
    @inline(__always)
    func inputGradientLanes<S: Real>(
        of delta: UnsafePointer<S>, into target: UnsafeMutablePointer<S>, lanes: Int,
        weights w: UnsafePointer<S>
    ) {
        for input in 0..<inputs {
            var lane = 0
            while lane < lanes {
                sumOfLines(
                    delta + lane, lanes, times: w + input, stride: inputs, count: units, from: 0
                ).store(at: target + (input &* lanes &+ lane))
                lane &+= 4
            }
        }
    }

    /// The sum of four lanes of `count` lines, each line times its factor; factors lie `stride`
    /// numbers apart.
    @inline(__always)
    private func sumOfLines<S: Real>(
        _ lines: UnsafePointer<S>, _ lanes: Int, times factors: UnsafePointer<S>, stride: Int,
        count: Int, from start: S
    ) -> Lanes<S> {
        var sum = Lanes(repeating: start)
        for index in 0..<count {
            sum += factors[index &* stride] * Lanes(lines + index &* lanes)
        }
        return sum
    }

    /// ∂L/∂W = δ·xᵀ and, behind it, ∂L/∂b = Σ δ.
    @inline(__always)
    func gradientLanes<S: Real>(
        of delta: UnsafePointer<S>, _ x: UnsafePointer<S>, lanes: Int, hasBias: Bool,
        into target: UnsafeMutablePointer<S>
    ) {
        let bias = target + units &* inputs
        for unit in 0..<units {
            let line = delta + unit &* lanes
            for input in 0..<inputs {
                let numbers = x + input &* lanes
                var sum: S = 0
                var lane = 0
                while lane < lanes {
                    sum += (Lanes(line + lane) * Lanes(numbers + lane)).sum
                    lane &+= 4
                }
                target[unit &* inputs &+ input] = sum
            }
            guard hasBias else { continue }
            var sum: S = 0
            var lane = 0
            while lane < lanes {
                sum += Lanes(line + lane).sum
                lane &+= 4
            }
            bias[unit] = sum
        }
    }
}
