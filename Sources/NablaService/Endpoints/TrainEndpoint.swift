import Dispatch
import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON
import NablaNetworks

/// `POST /train`: acknowledges a run, and waits for its end as long as the caller prefers.
struct TrainEndpoint: Endpoint {
    let place = Place.worker
    let scope: Scope? = .write
    let networks: NetworkResolver
    let scheduler: RunScheduler
    let limits: JSONLimits
    let longestWait: Int

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let wait = try Preference.wait(call.head.fields["prefer"], atMost: longestWait)
        let request = try TrainRequest(parsing: call.body, limits: limits)
        let network = try networks.network(for: request.network, as: request.settings.dtype)
        let (run, live) = try scheduler.submit(
            request, network: network, owner: call.token)
        guard let wait else { return .content(acknowledgement(of: run)) }
        return .later { reply in
            let ended = { @Sendable (run: Run) in
                var content = Content.json(run.json())
                content.fields = [("Location", Path.run(run.id))]
                reply.send(content)
            }
            live.whenEnded(ended)
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(wait)) {
                reply.send(acknowledgement(of: live.run))
            }
        }
    }

    private func acknowledgement(of run: Run) -> Content {
        var content = Content.json(run.json(), status: .accepted)
        content.fields = [("Location", Path.run(run.id))]
        return content
    }
}
