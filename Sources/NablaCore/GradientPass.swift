import NablaNetworks

/// Passes over the samples of a request.
enum GradientPass<S: Real> {
    /// Runs over all samples: the sum of the losses; the gradients are then in the memory.
    ///
    /// - Parameters:
    ///   - plan: The network.
    ///   - objective: The loss.
    ///   - samples: What it is taken over.
    ///   - scale: What gradients are multiplied by: 1 over a mean's denominator, or 1.
    ///   - mode: How layers behave that training treats otherwise.
    ///   - wanted: Which layers' gradients are wanted; empty for all.
    ///   - memory: Has the parameters, and gets the gradients.
    ///   - results: Gets what is written beside gradients.
    ///   - shards: How shards are run.
    ///   - isCancelled: Asked now and then.
    /// - Returns: The sum of the samples' losses.
    /// - Throws: `nonFinite`, `cancelled`.
    static func run(
        _ plan: Plan<S>, _ objective: Objective<S>, _ samples: PreparedSamples<S>, scale: S,
        _ mode: PassMode, _ wanted: [Bool], _ memory: inout Memory<S>,
        _ results: inout Results<S>, _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Double {
        if wanted.isEmpty, results.isEmpty,
            plan.isSmallChain(rows: samples.count, isFused: objective.isFused), !isCancelled(),
            let sum = sumOfSmallChain(plan, objective, samples, scale: scale, &memory)
        {
            return sum
        }
        let partition = Partition(count: samples.count, of: plan, mode)
        return try sum(
            samples.withSource { source in
                run(
                    plan, objective, source, at: 0, partition, scale: scale, mode, wanted, &memory,
                    &results, nil, shards, isCancelled)
            })
    }

    /// As above for a small chain; nil where a number on the way isn't finite, which is found the long way.
    private static func sumOfSmallChain(
        _ plan: Plan<S>, _ objective: Objective<S>, _ samples: PreparedSamples<S>, scale: S,
        _ memory: inout Memory<S>
    ) -> Double? {
        samples.withSource { source in
            guard let batch = source.batch(lyingAt: 0..<samples.count) else { return nil }
            let scratch = SmallChain.numbers(of: plan, rows: samples.count)
            return memory.withSmallChain(plan, scratch: scratch) { parameters, gradients, scratch in
                SmallChain.gradients(
                    of: plan, objective, batch, scale: scale, parameters: parameters,
                    memory: scratch, into: gradients)
            }
        }
    }

    /// As the function above, over some of samples that lie somewhere, with a team or else with one of
    /// `shards`.
    static func run(
        _ plan: Plan<S>, _ objective: Objective<S>, _ source: SampleSource<S>, at first: Int,
        _ partition: Partition, scale: S, _ mode: PassMode, _ wanted: [Bool],
        _ memory: inout Memory<S>, _ results: inout Results<S>, _ team: Team?,
        _ shards: ShardRunner, _ isCancelled: () -> Bool
    ) -> PassOutcome? {
        let layout = ScratchLayout(
            plan, rows: partition.rows, targetWidth: source.targetWidth, gathers: false,
            blockGradients: partition.blocks > 1)
        memory.reserve(
            shards: partition.shards, gradients: plan.shardStride, scratch: layout.stride)
        return memory.withPointers { memory in
            results.withSinks { sinks in
                withPointer(to: wanted) { wanted in
                    let pass = BatchPass(
                        plan: plan, objective: objective, layout: layout, memory: memory,
                        source: source, computesGradients: true, mode: mode, wanted: wanted,
                        team: team)
                    return pass.run(
                        first: first, partition, scale: scale, sinks: sinks, shards: shards,
                        isCancelled: isCancelled)
                }
            }
        }
    }

    /// The sum of the losses that a pass over all samples came to.
    static func sum(_ outcome: PassOutcome?) throws(ComputationError) -> Double {
        switch outcome {
        case .finished(let sum): return sum
        case .nonFinite(let place): throw .nonFinite(place)
        case .cancelled, nil: throw .cancelled
        }
    }
}

extension GradientPass where S: FloatingReal {
    /// As above for a network with weights in panels, whose parameters are set first: a team that shares
    /// the batch shares that, too.
    static func run(
        _ plan: Plan<S>, _ objective: Objective<S>, _ samples: PreparedSamples<S>,
        parametersOf network: Network, scale: S, _ mode: PassMode, _ wanted: [Bool],
        _ memory: inout Memory<S>, _ results: inout Results<S>, _ shards: ShardRunner,
        _ isCancelled: () -> Bool
    ) throws(ComputationError) -> Double {
        let partition = Partition(count: samples.count, of: plan, mode)
        if partition.isWhole { results.writeWeightRows(plan, wanted: wanted) }
        var result = Result<Double, ComputationError>.failure(.cancelled)
        shards.withTeam(of: partition.parts(of: plan)) { team in
            result = Result { () throws(ComputationError) in
                // All numbers are there, so that nothing is drawn.
                var generator = Generator(seed: 0)
                try memory.setParameters(of: network, plan, drawingFrom: &generator, team)
                return try sum(
                    samples.withSource { source in
                        run(
                            plan, objective, source, at: 0, partition, scale: scale, mode, wanted,
                            &memory, &results, team, shards, isCancelled)
                    })
            }
        }
        return try result.get()
    }

    /// The gradients of each sample's own term of the loss, which add up to the gradients: tensors
    /// with an axis of the samples before those of the parameters.
    static func perSample(
        _ plan: Plan<S>, _ objective: Objective<S>, _ samples: PreparedSamples<S>, scale: S,
        _ mode: PassMode, _ wanted: [Bool], _ network: Network, _ memory: inout Memory<S>,
        _ isCancelled: () -> Bool
    ) throws(ComputationError) -> [LayerGradients] {
        try checkPerSample(plan, mode)
        var all = [[S]](repeating: [], count: samples.count)
        var nothing = Results<S>()
        for index in all.indices {
            _ = try sum(
                samples.withSource { source in
                    run(
                        plan, objective, source, at: index, Partition(uncut: 1), scale: scale, mode,
                        wanted, &memory, &nothing, nil, .serial, isCancelled)
                })
            all[index] = memory.gradients[0..<plan.parameterCount]
        }
        func stacked(_ range: Range<Int>, _ shape: Shape) throws(ComputationError) -> Tensor {
            try tensor(all.flatMap { $0[range] }, of: all.count, shape)
        }
        var layers: [LayerGradients] = []
        for (index, layer) in plan.layers.enumerated() {
            guard let shapes = network.parameterShapes(ofLayer: index),
                wanted.isEmpty || wanted[index]
            else {
                layers.append(LayerGradients(weights: nil, bias: nil))
                continue
            }
            layers.append(
                LayerGradients(
                    weights: try stacked(layer.parameters.weights, shapes.weights),
                    bias: layer.parameters.bias.isEmpty
                        ? nil : try stacked(layer.parameters.bias, shapes.bias)))
        }
        return layers
    }

    private static func checkPerSample(
        _ plan: Plan<S>, _ mode: PassMode
    ) throws(ComputationError) {
        guard mode.isTraining && plan.sizes.normalizesBatches else { return }
        throw .invalid(
            InvalidValue(
                .inconsistent,
                "per_sample_gradients and batch normalisation in training exclude one another: a "
                    + "sample's loss depends on the others",
                at: "/include"))
    }
}
