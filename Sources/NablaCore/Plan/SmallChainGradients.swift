extension SmallChain {
    /// How many numbers `gradients` needs beside what it is given.
    static func numbers<S: Real>(of plan: Plan<S>, rows: Int) -> Int {
        plan.sizes.smallChain + rows * (2 * plan.outputWidth + 1)
    }

    /// Computes the gradients of a batch's loss to the bits of a `BatchPass`, without what only larger batches need.
    ///
    /// - Parameters:
    ///   - plan: A network whose passes over so many samples are those of a small chain.
    ///   - objective: The loss.
    ///   - batch: The samples.
    ///   - scale: What gradients are multiplied by.
    ///   - parameters: P numbers, as the plan lays them out.
    ///   - memory: Room for `numbers(of:rows:)`.
    ///   - gradients: Gets those of all parameters: P numbers.
    /// - Returns: The sum of the samples' losses; nil where a number on the way isn't finite.
    static func gradients<S: Real>(
        of plan: Plan<S>, _ objective: Objective<S>, _ batch: Batch<S>, scale: S,
        parameters: UnsafePointer<S>, memory: UnsafeMutablePointer<S>,
        into gradients: UnsafeMutablePointer<S>
    ) -> Double? {
        let (rows, width) = (batch.count, plan.outputWidth)
        let isFused = objective.isFused
        let outputs = memory + plan.sizes.smallChain
        let outputGradients = outputs + rows &* width
        let losses = outputGradients + rows &* width
        return withPass(plan, parameters: parameters, memory: memory, rows: rows) { chain in
            spread(
                batch.inputs.rows, rows: rows, width: plan.sizes.inputWidth, repeatsLast: true,
                into: chain.inputs)
            let check = chain.forward(leavingOutLastActivation: isFused)
            gather(chain.outputs, rows: rows, width: width, into: outputs)
            objective.evaluate(
                outputs, batch, scale: scale, losses: losses, gradient: outputGradients)
            spread(
                outputGradients, rows: rows, width: width, repeatsLast: false,
                into: chain.outputGradients)
            chain.backward(isFused: isFused, into: gradients)
            var sum = 0.0
            for row in 0..<rows { sum += losses[row].wide }
            guard check.isFinite, sum.isFinite, Finiteness.holds(outputs, count: rows &* width),
                Finiteness.holds(gradients, count: plan.parameterCount)
            else { return nil }
            return sum
        }
    }
}
