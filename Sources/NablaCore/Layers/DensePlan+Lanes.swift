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
        var (line, factor) = (lines, factors)
        let end = lines + count &* lanes
        while line < end {
            sum += factor.pointee * Lanes(line)
            line += lanes
            factor += stride
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
            let row = target + unit &* inputs
            var input = 0
            // Two sums beside one another take hardly more than one.
            while input &+ 1 < inputs {
                let numbers = x + input &* lanes
                let first = sumOfProducts(line, numbers, lanes: lanes)
                let second = sumOfProducts(line, numbers + lanes, lanes: lanes)
                (row[input], row[input &+ 1]) = (first, second)
                input &+= 2
            }
            if input < inputs {
                row[input] = sumOfProducts(line, x + input &* lanes, lanes: lanes)
            }
            guard hasBias else { continue }
            var sum = Lanes(line).sum
            var lane = 4
            while lane < lanes {
                sum += Lanes(line + lane).sum
                lane &+= 4
            }
            bias[unit] = sum
        }
    }

    @inline(__always)
    private func sumOfProducts<S: Real>(
        _ left: UnsafePointer<S>, _ right: UnsafePointer<S>, lanes: Int
    ) -> S {
        var sum = (Lanes(left) * Lanes(right)).sum
        var lane = 4
        while lane < lanes {
            sum += (Lanes(left + lane) * Lanes(right + lane)).sum
            lane &+= 4
        }
        return sum
    }
}
