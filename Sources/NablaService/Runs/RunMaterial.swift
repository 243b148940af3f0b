import NablaAPI
import NablaNetworks

/// What a run is made of, with everything that its request only names.
struct RunMaterial {
    /// The network that is trained.
    let network: Network
    /// The samples that the request is about.
    let samples: Samples
    /// The samples it is measured on, where it has some of their own.
    let validation: Samples?
    /// The digests of the stored samples among them.
    let datasets: [[UInt8]]
}

extension RunMaterial {
    /// Gets the samples that a request names or writes out.
    ///
    /// - Throws: `Problem` when a dataset isn't there.
    init(
        for request: TrainRequest, network: Network, from resolver: SamplesResolver
    ) throws(Problem) {
        let dtype = request.settings.dtype
        var found = [try resolver.resolved(request.samples, as: dtype, at: "/samples")]
        if case .samples(let source) = request.validation {
            found.append(try resolver.resolved(source, as: dtype, at: "/validation"))
        }
        self.init(
            network: network, samples: found[0].samples,
            validation: found.count > 1 ? found[1].samples : nil,
            datasets: found.compactMap(\.digest))
    }
}

extension RunMaterial {
    /// Takes what a request writes out.
    ///
    /// - Throws: `inconsistent` where it only names some of it.
    init(writtenOutIn request: TrainRequest) throws(Problem) {
        let names = Problem(.inconsistent, "the request names a network or samples")
        guard case .inline(let network) = request.network, let samples = request.samples.inline
        else { throw names }
        var validation: Samples?
        if case .samples(let source) = request.validation {
            guard let samples = source.inline else { throw names }
            validation = samples
        }
        self.init(network: network, samples: samples, validation: validation, datasets: [])
    }
}
