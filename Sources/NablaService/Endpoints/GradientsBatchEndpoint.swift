import NablaAPI
import NablaCore
import NablaJSON
import Synchronization

/// `POST /gradients/batch`: many gradient requests at once, over all workers that are free.
struct GradientsBatchEndpoint: Endpoint {
    let place = Place.worker
    let scope: Scope? = .read
    let networks: NetworkResolver
    let datasets: SamplesResolver
    let limits: JSONLimits
    let shards: ShardRunner
    /// How many requests a batch may have.
    let mostRequests: Int

    /// How many requests a worker takes at a time: enough to make little of taking them, few enough
    /// to leave some for the others.
    private static let chunk = 16

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let batch = try GradientsBatch(
            parsing: call.body, limits: limits, mostRequests: mostRequests)
        let parsed = Stopwatch.now()
        let chunk = GradientsBatchEndpoint.chunk
        let chunks = (batch.count + chunk - 1) / chunk
        let datasets = self.datasets.remembering()
        let parts = Mutex([[UInt8]](repeating: [], count: chunks))
        let isExplained = Flag()
        shards.run(chunks) { index in
            let range = index * chunk..<min((index + 1) * chunk, batch.count)
            let part = results(of: batch, in: range, call, datasets, isExplained)
            parts.withLock { $0[index] = part }
        }
        guard !call.isCancelled else { throw Problem(.cancelled, "the caller went away") }
        let computed = Stopwatch.now()
        var content = Content.json(GradientsBatchWriter.json(parts.withLock { $0 }))
        if isExplained.isRaised {
            let language = Language(preferredBy: call.head.fields.values(of: "accept-language"))
            content.fields = Language.fields(of: language.rawValue)
        }
        content.timing = Timing(since: call.start, parsed: parsed, computed: computed)
        return .content(content)
    }

    /// Reads, computes and writes some of the requests; stops where the caller is gone.
    ///
    /// Each worker has a workspace for as long as it takes: the one that was lent is another's.
    private func results(
        of batch: GradientsBatch, in range: Range<Int>, _ call: Call, _ datasets: SamplesResolver,
        _ isExplained: Flag
    ) -> [UInt8] {
        let workspace = Workspace()
        var writer = GradientsBatchWriter()
        for index in range {
            guard !call.isCancelled else { break }
            do throws(Problem) {
                let request = try batch.request(at: index)
                let network = try networks.network(for: request.network, as: request.dtype)
                let samples = try datasets.samples(for: request.samples, as: request.dtype)
                let response = try GradientsResponse.computed(
                    for: request, network: network, samples: samples, workspace, shards, call)
                if response.explanation != nil { isExplained.raise() }
                writer.add(response, as: request.encoding)
            } catch {
                writer.add(error)
            }
        }
        return writer.finish()
    }
}
