import NablaAPI
import NablaNetworks

/// What a run is trained on and what it is measured on.
struct RunSplit {
    let training: Samples
    let validation: Samples?

    /// Cuts the samples as the request asks.
    ///
    /// - Throws: `Problem` when a split leaves nothing on one side.
    init(_ material: RunMaterial, for request: TrainRequest) throws(Problem) {
        switch request.validation {
        case nil, .samples:
            training = material.samples
            validation = material.validation
        case .split(let share):
            self = try RunSplit(material.samples, share: share, settings: request.settings)
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
            // Apart from the training's own draws, so that a split leaves those as they were.
            var generator = SplitMix64(seed: settings.seed ^ 0x5370_6C69_7400_0000)
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
        let shape = try Shape([places.count] + self.shape.dropFirst())
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
