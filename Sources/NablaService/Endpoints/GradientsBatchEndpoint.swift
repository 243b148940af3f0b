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
        let room = AnswerRoom(numbers: workspace.mostNumbers)
        shards.run(chunks) { index in
            let range = index * chunk..<min((index + 1) * chunk, batch.count)
            let part = results(of: batch, in: range, call, datasets, isExplained, room)
            parts.withLock { $0[index] = part }
        }
        guard !call.isCancelled else { throw Problem(.cancelled, "the caller went away") }
        guard !room.isExceeded else {
            throw Problem(
                .outOfRange,
                "the answers have more than \(room.numbers) numbers together: send fewer requests at "
                    + "a time", pointer: "/requests")
        }
        let computed = Stopwatch.now()
        var content = Content.json(GradientsBatchWriter.json(parts.withLock { $0 }))
        if isExplained.isRaised {
            let language = Language(preferredBy: call.head.fields.values(of: "accept-language"))
            content.fields = Language.fields(of: language.rawValue)
        }
        content.timing = Timing(since: call.start, parsed: parsed, computed: computed)
        return .content(content)
    }

    /// Reads, computes and writes some of the requests; stops where the caller is gone, and where all
    /// answers together are too large.
    ///
    /// Each worker has a workspace for as long as it takes: the one that was lent is another's.
    private func results(
        of batch: GradientsBatch, in range: Range<Int>, _ call: Call, _ datasets: SamplesResolver,
        _ isExplained: Flag, _ room: AnswerRoom
    ) -> [UInt8] {
        let workspace = Workspace(mostNumbers: room.numbers)
        var writer = GradientsBatchWriter()
        for index in range {
            guard !call.isCancelled, !room.isExceeded else { break }
            let start = writer.byteCount
            var numbers = 0
            do throws(Problem) {
                let request = try batch.request(at: index)
                let network = try networks.network(for: request.network, as: request.dtype)
                let samples = try datasets.samples(for: request.samples, as: request.dtype)
                let response = try GradientsResponse.computed(
                    for: request, network: network, samples: samples, workspace, shards, call)
                if response.explanation != nil { isExplained.raise() }
                numbers = response.numberCount
                // Before it is written, which takes the most memory.
                guard room.take(numbers) else { break }
                writer.add(response, as: request.encoding)
            } catch {
                writer.add(error)
            }
            room.takeText(of: writer.byteCount - start, beside: numbers)
        }
        return writer.finish()
    }
}

/// How many numbers the answers of a batch may still have, counted by all who compute them.
///
/// What they come to, and so whether it is too much, doesn't depend on who counts first.
private final class AnswerRoom: Sendable {
    /// Bytes of text that count as a number: more than one with its comma takes.
    private static let bytesOfNumber = 32

    /// The most numbers.
    let numbers: Int
    private let taken = Atomic(0)

    init(numbers: Int) { self.numbers = numbers }

    /// Whether the answers so far have more.
    var isExceeded: Bool { taken.load(ordering: .relaxed) > numbers }

    /// Counts the numbers of one more answer; false where there are too many with them.
    func take(_ count: Int) -> Bool {
        taken.add(count, ordering: .relaxed).newValue <= numbers
    }

    /// Counts the text of an answer as far as it is longer than that of its numbers: of an explanation, of
    /// layers without numbers, of a problem that repeats a long name.
    func takeText(of bytes: Int, beside count: Int) {
        _ = take(max(0, bytes / AnswerRoom.bytesOfNumber - count))
    }
}
