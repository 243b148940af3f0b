/// A dense layer over lanes of four samples, with x (i, L), z (u, L) and δ (u, L); see `SmallChain`.
///
/// Four numbers side by side are written out, which the compiler makes vectors of.
extension DensePlan {
    /// z = W·x + b.
    @inline(__always)
    func preActivateLanes<S: Real>(
        _ x: UnsafePointer<S>, into z: UnsafeMutablePointer<S>, lanes: Int,
        weights w: UnsafePointer<S>, bias b: UnsafePointer<S>?
    ) {
        for unit in 0..<units {
            multiplyLanes(
                w + unit &* inputs, stride: 1, x, count: inputs, startingFrom: b?[unit] ?? 0,
                into: z + unit &* lanes, lanes: lanes)
        }
    }

    /// ∂L/∂x = Wᵀ·δ.
    @inline(__always)
    func inputGradientLanes<S: Real>(
        of delta: UnsafePointer<S>, into target: UnsafeMutablePointer<S>, lanes: Int,
        weights w: UnsafePointer<S>
    ) {
        for input in 0..<inputs {
            multiplyLanes(
                w + input, stride: inputs, delta, count: units, startingFrom: 0,
                into: target + input &* lanes, lanes: lanes)
        }
    }

    /// The sum of `count` lines of lanes, each times its factor; factors lie `stride` numbers apart.
    @inline(__always)
    private func multiplyLanes<S: Real>(
        _ factors: UnsafePointer<S>, stride: Int, _ lines: UnsafePointer<S>, count: Int,
        startingFrom start: S, into target: UnsafeMutablePointer<S>, lanes: Int
    ) {
        var lane = 0
        while lane < lanes {
            var (first, second, third, fourth) = (start, start, start, start)
            for index in 0..<count {
                let (factor, line) = (factors[index &* stride], lines + (index &* lanes &+ lane))
                first += factor * line[0]
                second += factor * line[1]
                third += factor * line[2]
                fourth += factor * line[3]
            }
            let place = target + lane
            (place[0], place[1], place[2], place[3]) = (first, second, third, fourth)
            lane &+= 4
        }
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
                let (numbers, place) = (x + input &* lanes, unit &* inputs &+ input)
                var sum: S = 0
                var lane = 0
                while lane < lanes {
                    sum +=
                        (line[lane] * numbers[lane] + line[lane &+ 1] * numbers[lane &+ 1])
                        + (line[lane &+ 2] * numbers[lane &+ 2]
                            + line[lane &+ 3] * numbers[lane &+ 3])
                    lane &+= 4
                }
                target[place] = sum
            }
            guard hasBias else { continue }
            var sum: S = 0
            var lane = 0
            while lane < lanes {
                sum += (line[lane] + line[lane &+ 1]) + (line[lane &+ 2] + line[lane &+ 3])
                lane &+= 4
            }
            bias[unit] = sum
        }
    }
}
