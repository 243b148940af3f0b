import NablaAPI
import NablaNetworks

/// What a run is trained on and what it is measured on.
struct RunSplit {
    let training: Samples
    let validation: Samples?

    /// Cuts the samples as the request asks.
    ///
    /// - Throws: `Problem` when a split leaves nothing on one side.
    init(_ request: TrainRequest) throws(Problem) {
        switch request.validation {
        case nil:
            training = request.samples
            validation = nil
        case .samples(let samples):
            training = request.samples
            validation = samples
        case .split(let share):
            self = try RunSplit(request.samples, share: share, settings: request.settings)
        }
    }

    private init(_ samples: Samples, share: Double, settings: TrainingSettings) throws(Problem) {
        let validated = Int((Double(samples.count) * share).rounded())
        guard validated > 0, validated < samples.count else {
            throw Problem(
                .inconsistent,
                "validation_split \(share) of \(samples.count) samples leaves one side without any",
                pointer: "/validation_split")
        }
        var order = Array(0..<samples.count)
        if settings.shuffle {
            var generator = SplitGenerator(seed: settings.seed)
            order.shuffle(using: &generator)
        }
        do {
            training = try samples.rows(order.dropLast(validated))
            validation = try samples.rows(order.suffix(validated))
        } catch {
            throw Problem(error.under("/samples"))
        }
    }
}

extension Samples {
    /// The samples at those places, in that order.
    fileprivate func rows(_ places: ArraySlice<Int>) throws(InvalidValue) -> Samples {
        let weights: Tensor? =
            if let weights = self.weights { try weights.rows(places) } else { nil }
        return try Samples(
            inputs: inputs.rows(places), targets: targets.rows(places), weights: weights)
    }
}

extension Tensor {
    fileprivate func rows(_ places: ArraySlice<Int>) throws(InvalidValue) -> Tensor {
        let shape = [places.count] + self.shape.dropFirst()
        switch numbers {
        case .float32(let values): return try Tensor(gather(values, places), shape: shape)
        case .float64(let values): return try Tensor(gather(values, places), shape: shape)
        }
    }

    private func gather<S: Scalar>(_ values: [S], _ places: ArraySlice<Int>) -> [S] {
        let width = values.count / max(1, shape[0])
        var gathered: [S] = []
        gathered.reserveCapacity(places.count * width)
        for place in places { gathered += values[place * width..<(place + 1) * width] }
        return gathered
    }
}

/// Draws the order that a split is cut from; apart from training, so that adding a split leaves its draws alone.
///
/// - Source: Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
private struct SplitGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed ^ 0x5370_6C69_7400_0000
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
