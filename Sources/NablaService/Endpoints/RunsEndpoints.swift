import NablaAPI
import NablaCore
import NablaHTTP
import NablaNetworks
import NablaStore

/// `GET /runs`: a page of the history, newest first.
struct RunsEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let store: Store
    let filters: RunFilter.Limits

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let query = try RunQuery(call.head.target.query, filters)
        let page = try Problem.storing { () throws(StoreError) in try store.runs(matching: query) }
        let list = RunList(runs: try page.runs.map(Run.init), nextCursor: page.nextCursor)
        guard call.acceptsCSV else { return .content(.json(list.json())) }
        var content = Content(body: try list.csv())
        content.mediaType = "text/csv; charset=utf-8"
        if let cursor = page.nextCursor { content.fields = [("X-Next-Cursor", cursor)] }
        return .content(content)
    }
}

extension Call {
    /// Whether the caller would rather have CSV than JSON.
    fileprivate var acceptsCSV: Bool { head.fields["accept"]?.contains("text/csv") == true }
}

/// `GET /runs/{id}`: one run.
struct RunEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let runs: RunReader

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        .content(.json(try runs.run(call.subject).json()))
    }
}

/// `GET /runs/{id}/metrics`: the history of its metrics.
struct RunMetricsEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let runs: RunReader

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let parameters = try Parameters(
            call.head.target.query, known: ["key", "from", "downsample"])
        let from = try parameters.int("from", in: 0...Int(Int32.max))
        let most = try parameters.int(
            "downsample", in: MetricHistory.fewestPoints...Int(Int32.max))
        var history = try runs.history(of: call.subject, key: parameters["key"], from: from)
        if let most { history = history.thinned(to: most) }
        guard call.acceptsCSV else {
            return .content(.json(history.json()))
        }
        var content = Content(body: history.csv())
        content.mediaType = "text/csv; charset=utf-8"
        return .content(content)
    }
}

/// `GET /runs/{id}/network`: the network as trained so far, in the form `/gradients` takes.
struct RunNetworkEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let runs: RunReader

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let parameters = try Parameters(
            call.head.target.query, known: ["encoding", "epoch", "format"])
        let format = try NetworkFormat(parameters)
        let epoch = try parameters.int("epoch", in: 0...Int(Int32.max))
        return .content(format.content(of: try runs.network(of: call.subject, epoch: epoch)))
    }
}

/// `POST /runs/{id}/cancel`: asks for the end of a run.
struct CancelEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let runs: RunReader
    let scheduler: RunScheduler

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let run = try runs.run(call.subject)
        guard scheduler.cancel(run.id) else {
            throw Problem(
                .conflict,
                run.status.isEnded
                    ? "the run has ended already: it is \(run.status.rawValue)"
                    : "the run has ended already, which is about to be stored")
        }
        return .content(.json(try runs.run(run.id).json(), status: .accepted))
    }
}
