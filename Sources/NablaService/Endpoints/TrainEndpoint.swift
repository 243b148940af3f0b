import Dispatch
import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON
import NablaNetworks
import NablaStore

/// `POST /train`: acknowledges a run, and waits for its end as long as the caller prefers.
struct TrainEndpoint: Endpoint {
    let place = Place.worker
    let scope: Scope? = .write
    let networks: NetworkResolver
    let datasets: SamplesResolver
    let runs: RunReader
    let scheduler: RunScheduler
    let limits: JSONLimits
    let longestWait: Int

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let wait = try Preference.wait(call.head.fields["prefer"], atMost: longestWait)
        let key = try IdempotencyKey(of: call)
        if let key, let first = try runs.run(begunWith: key) {
            return answer(first, live: scheduler.live(first.id), waiting: wait)
        }
        let start = Stopwatch.now()
        let request = try TrainRequest(parsing: call.body, limits: limits)
        let timing = Timing(parse: Stopwatch.now() - start)
        let network = try networks.network(for: request.network, as: request.settings.dtype)
        let material = try RunMaterial(for: request, network: network, from: datasets)
        do throws(Problem) {
            let (run, live) = try scheduler.submit(
                request, material, key: key, owner: call.token)
            return answer(run, live: live, waiting: wait, timing)
        } catch  where error.kind == .conflict {
            // The same request came a second time while the first was on its way.
            guard let key, let first = try runs.run(begunWith: key) else { throw error }
            return answer(first, live: scheduler.live(first.id), waiting: wait)
        }
    }

    private func answer(
        _ run: Run, live: LiveRun?, waiting wait: Int?, _ timing: Timing = Timing()
    ) -> Answer {
        guard let wait else { return .content(acknowledgement(of: run, timing)) }
        guard let live else {
            var content = acknowledgement(of: run, timing)
            content.status = .ok
            return .content(content)
        }
        return .later { reply in
            let ended = { @Sendable (run: Run) in
                var content = Content.json(run.json())
                content.fields = [("Location", Path.run(run.id))]
                content.timing = timing
                reply.send(content)
            }
            live.whenEnded(ended)
            // A run that has ended by then, and so been answered, isn't kept for it.
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(wait)) { [weak live] in
                guard let live else { return }
                reply.send(acknowledgement(of: live.run, timing))
            }
        }
    }

    private func acknowledgement(of run: Run, _ timing: Timing) -> Content {
        var content = Content.json(run.json(), status: .accepted)
        content.timing = timing
        content.fields = [("Location", Path.run(run.id))]
        return content
    }
}
