import NablaAPI
import NablaCore
import NablaJSON
import NablaNetworks
import Synchronization

/// The forms of gradient requests that came lately, by which the next of them are read and computed.
///
/// They are kept by what is asked and never by whose numbers: of a request's numbers nothing is used
/// for another.
final class RecentForms: Sendable {
    /// How many are kept: for callers that ask each for its own network, at the same time.
    private static let most = 8
    /// Longer bodies are read as a whole: around so many numbers the rest hardly counts.
    private static let longestBody = 32 << 10
    /// The most requests that are let pass before the next form is made.
    private static let longestPause = 1024

    private struct State {
        /// The one that came last is the first.
        var forms: [KnownForm] = []
        /// How many requests are still let pass, and how many will be after the next form of no use.
        var rest = 0
        var pause = 1
    }

    private let state = Mutex(State())

    /// Answers a request whose form came lately.
    ///
    /// - Parameters:
    ///   - body: The request's body.
    ///   - start: When work on it began, by `Stopwatch`.
    ///   - workspace: Buffers that are reused.
    ///   - shards: How shards are run.
    ///   - isCancelled: Asked now and then.
    /// - Returns: Nil for any other request, and where anything is wrong.
    func answer(
        to body: [UInt8], since start: Double, _ workspace: Workspace, _ shards: ShardRunner,
        isCancelled: () -> Bool
    ) -> Content? {
        guard body.count <= RecentForms.longestBody else { return nil }
        // First by itself: a copy of all would count more references.
        guard let latest = state.withLock({ $0.forms.first }) else { return nil }
        if let content = latest.answer(to: body, since: start, workspace, shards, isCancelled) {
            if !latest.isUsed.load(ordering: .relaxed) { noteUse(of: latest) }
            return content
        }
        for known in state.withLock({ $0.forms }) where known !== latest {
            guard
                let content = known.answer(to: body, since: start, workspace, shards, isCancelled)
            else { continue }
            noteUse(of: known)
            return content
        }
        return nil
    }

    /// Keeps the form of a request that was answered.
    func keep(_ request: GradientsRequest, of body: [UInt8], _ answer: [UInt8]) {
        guard body.count <= RecentForms.longestBody, !isPausing(),
            let form = KnownForm(of: request, body: body, answer: answer)
        else { return }
        state.withLock { state in
            state.forms.insert(form, at: 0)
            guard state.forms.count > RecentForms.most, let last = state.forms.popLast() else {
                return
            }
            // Where callers never ask the same twice, making forms is work for nothing.
            state.pause =
                last.isUsed.load(ordering: .relaxed)
                ? 1 : min(2 * state.pause, RecentForms.longestPause)
            state.rest = state.pause - 1
        }
    }

    private func isPausing() -> Bool {
        state.withLock { state in
            guard state.rest > 0 else { return false }
            state.rest -= 1
            return true
        }
    }

    /// Marks a form as used, and puts it before the others.
    private func noteUse(of known: KnownForm) {
        state.withLock { state in
            if !known.isUsed.exchange(true, ordering: .relaxed) { state.pause = 1 }
            guard state.forms.first !== known,
                let place = state.forms.firstIndex(where: { $0 === known })
            else { return }
            state.forms.insert(state.forms.remove(at: place), at: 0)
        }
    }
}

/// A form of requests, and what computes them.
private final class KnownForm: Sendable {
    let form: GradientsForm
    let gradient: RepeatedGradient
    let isUsed = Atomic(false)

    /// Makes the form of a request that was answered; nil where each request needs more than its
    /// numbers.
    init?(of request: GradientsRequest, body: [UInt8], answer: [UInt8]) {
        guard request.vector == nil, request.loss.reduction != .none,
            case .inline(let network) = request.network, let samples = request.samples.inline,
            let form = GradientsForm(of: request, text: body, answer: answer),
            let settings = try? GradientSettings(request, network),
            let gradient = try? RepeatedGradient(
                of: request.loss, network: network, samples: samples, dtype: request.dtype,
                settings: settings,
                layout: RepeatedGradient.Layout(
                    parameters: form.parameters, inputs: form.inputs, targets: form.targets,
                    weights: form.weights))
        else { return nil }
        self.form = form
        self.gradient = gradient
    }

    /// Answers a request of the form; nil for any other, and where anything is wrong.
    func answer(
        to body: [UInt8], since start: Double, _ workspace: Workspace, _ shards: ShardRunner,
        _ isCancelled: () -> Bool
    ) -> Content? {
        switch form.dtype {
        case .float32:
            answer(to: body, as: Float.self, since: start) {
                numbers, give throws(ComputationError) in
                try gradient.compute(
                    numbers, workspace: workspace, shards: shards, isCancelled: isCancelled, give)
            }
        case .float64:
            answer(to: body, as: Double.self, since: start) {
                numbers, give throws(ComputationError) in
                try gradient.compute(
                    numbers, workspace: workspace, shards: shards, isCancelled: isCancelled, give)
            }
        }
    }

    @inline(__always)
    private func answer<N: JSONNumber>(
        to body: [UInt8], as type: N.Type, since start: Double,
        _ compute: (Span<N>, (Span<N>) -> Void) throws(ComputationError) -> Void
    ) -> Content? {
        var content: Content?
        _ = form.withNumbers(of: body, as: type) { numbers in
            let parsed = Stopwatch.now()
            // What is wrong is told by computing the request as if it were the first.
            try? compute(numbers) { results in
                let computed = Stopwatch.now()
                content = Content.json(form.answer(results))
                content?.timing = Timing(since: start, parsed: parsed, computed: computed)
            }
        }
        return content
    }
}
