import NablaAPI
import NablaCore
import NablaNetworks
import NablaStore

/// Makes trainings: of requests that come in, and of those that the database has kept.
struct RunLoader: Sendable {
    let store: Store
    let limits: TrainingLimits

    /// What a request comes to.
    struct Loaded {
        let training: Training
        let split: RunSplit
    }

    /// Makes the training of a request.
    ///
    /// - Throws: `Problem` when it can't be trained, or not within the limits.
    func training(
        of request: TrainRequest, _ material: RunMaterial
    ) throws(Problem) -> Loaded {
        try check(request, material)
        let split = try RunSplit(material, for: request)
        let training = try Problem.computing { () throws(ComputationError) in
            try Training(
                network: material.network, loss: request.loss, samples: split.training,
                validation: split.validation, settings: request.settings)
        }
        return Loaded(training: training, split: split)
    }

    private func check(_ request: TrainRequest, _ material: RunMaterial) throws(Problem) {
        guard material.network.parameterCount <= limits.parameters else {
            throw Problem(
                .outOfRange,
                "the network has more than the \(limits.parameters) parameters that may be trained",
                pointer: "/network")
        }
        try check(epochs: request.settings.epochs)
        try check(textOf: request)
        let count = material.samples.count + (material.validation?.count ?? 0)
        guard count <= limits.samples else {
            throw Problem(
                .outOfRange,
                "there are \(count) samples, and a run may have \(limits.samples), those of its "
                    + "validation included",
                pointer: "/samples")
        }
    }

    /// Refuses more text than a run may have.
    private func check(textOf request: TrainRequest) throws(Problem) {
        let tags = request.tags.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        let count = (request.name ?? "").utf8.count + tags
        guard count <= limits.textBytes else {
            throw Problem(
                .outOfRange,
                "name and tags have \(count) bytes, and may have \(limits.textBytes)",
                pointer: tags > limits.textBytes / 2 ? "/tags" : "/name")
        }
    }

    /// Refuses more epochs than a run may have.
    func check(epochs: Int) throws(Problem) {
        guard epochs <= limits.epochs else {
            throw Problem(
                .outOfRange, "epochs is \(epochs), but a run may have \(limits.epochs)",
                pointer: "/epochs")
        }
    }

    /// What the database is to keep of a request, which is all of it with its network and samples written out.
    ///
    /// - Throws: `Problem` when the run would take more bytes than it may.
    func record(
        of request: TrainRequest, _ material: RunMaterial, _ training: borrowing Training,
        owner: String?
    ) throws(Problem) -> RequestRecord {
        var request = request
        request.network = .inline(material.network)
        request.samples = .inline(material.samples)
        if let validation = material.validation {
            request.validation = .samples(.inline(validation))
        }
        let body = request.json()
        let parts = [body.count, training.networkByteCount, training.checkpointByteCount]
        let sum = parts.reduce(0, +)
        guard sum <= limits.storedBytes, parts.allSatisfy({ $0 <= RunLoader.longestValue }) else {
            throw Problem(
                .outOfRange,
                "samples, network and the optimizer's state would take \(sum) bytes of the "
                    + "database; a run may take \(limits.storedBytes), and each of the three "
                    + "\(RunLoader.longestValue)",
                pointer: "")
        }
        return RequestRecord(body: body, priority: request.priority, owner: owner)
    }

    /// The most bytes that the database holds in one value.
    private static let longestValue = 1_000_000_000

    /// Makes the training of a run that was cut off, as of its last checkpoint.
    ///
    /// - Throws: `Problem` when what is stored isn't a training.
    func training(ofStored run: Run) throws(Problem) -> Training {
        let id = run.id
        let record = try Problem.storing { () throws(StoreError) in
            try store.request(runID: id)
        }
        guard let record else { throw RunLoader.damaged(id, "its request is missing") }
        let checkpoint = try Problem.storing { () throws(StoreError) in
            try store.checkpoint(runID: id)
        }
        do {
            var request = try TrainRequest(parsing: record.body)
            let material = try RunMaterial(writtenOutIn: request)
            request.settings = try request.settings.with(epochs: run.progress.epochs)
            let start = try checkpoint.map { try Network($0.network) } ?? material.network
            let split = try RunSplit(material, for: request)
            var training = try Training(
                network: start, loss: request.loss, samples: split.training,
                validation: split.validation, settings: request.settings)
            if let checkpoint {
                let state = try TrainingCheckpoint(bytes: checkpoint.state)
                try training.resume(from: checkpoint.isResumed ? state.waitingAnew : state)
            }
            return training
        } catch let problem as Problem {
            throw problem.kind == .internalError ? problem : RunLoader.damaged(id, problem.detail)
        } catch {
            // Nothing that a caller sent is to blame: it was checked when it came in.
            throw RunLoader.damaged(id, "\(error)")
        }
    }

    private static func damaged(_ id: String, _ why: String) -> Problem {
        Problem(.internalError, "what is stored of the run \(id) is damaged: \(why)")
    }
}
