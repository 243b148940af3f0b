import NablaAPI
import NablaCore
import NablaHTTP
import NablaJSON
import NablaNetworks
import NablaStore

/// `GET /networks`: a page of the stored networks, by name.
struct StoredNetworksEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let store: Store

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let page = try NamedPage(call.head.target.query)
        let records = try Problem.storing { () throws(StoreError) in
            try store.networks(after: page.cursor, limit: page.limit + 1)
        }
        var networks: [NetworkDescription] = []
        for record in records.prefix(page.limit) {
            networks.append(try NetworkDescription(parsing: Array(record.description.utf8)))
        }
        let next = records.count > page.limit ? networks.last?.name : nil
        return .content(.json(StoredNetworkList(networks: networks, nextCursor: next).json()))
    }
}

/// `PUT /networks/{name}`: stores a network, from JSON or safetensors, or that of a run or of another name.
struct PutNetworkEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let takesQuery = true
    let mediaTypes = ["application/json", Safetensors.mediaType]
    let networks: NetworkResolver
    let store: Store
    let limits: JSONLimits

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        try StoredName.check(call.subject)
        let network = try network(in: call)
        let content = network.safetensors().bytes()
        let description = NetworkDescription(
            name: call.subject, inputShape: network.inputShape, outputShape: network.outputShape,
            layers: network.layers.count, parameters: network.parameterCount,
            bytes: content.count, createdAt: .now)
        let record = StoredNetworkRecord(
            name: call.subject, description: String(decoding: description.json(), as: UTF8.self),
            byteCount: content.count, createdAt: description.createdAt.milliseconds)
        let isNew = try Problem.storing { () throws(StoreError) in
            try store.put(record, content: content)
        }
        var answer = Content.json(description.json(), status: isNew ? .created : .ok)
        answer.fields = [("Location", Path.network(call.subject))]
        return .content(answer)
    }

    private func network(in call: Call) throws(Problem) -> Network {
        guard call.bodyMediaType == Safetensors.mediaType else {
            _ = try Parameters(call.head.target.query, known: [])
            let source = try NetworkSource(parsing: call.body, as: .float64, limits: limits)
            do {
                return try networks.network(for: source, as: .float64).narrowed()
            } catch {
                // Here the body is the network.
                throw error.movedUp(from: "/network")
            }
        }
        let parameters = try Parameters(call.head.target.query, known: ["activations"])
        var activations: [Activation]?
        if let names = parameters["activations"] {
            var found: [Activation] = []
            for name in names.split(separator: ",") {
                guard let activation = Activation.standard(named: String(name)) else {
                    throw Problem(
                        .invalidParameter,
                        "there is no activation \"\(name)\"; there are "
                            + Activation.names.joined(separator: ", "))
                }
                found.append(activation)
            }
            activations = found
        }
        return try Network(Safetensors(parsing: call.body), activations: activations)
    }
}

/// `GET /networks/{name}`: a stored network, in the form `/gradients` takes, or as safetensors.
struct StoredNetworkEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .read
    let takesQuery = true
    let networks: NetworkResolver

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let parameters = try Parameters(call.head.target.query, known: ["encoding", "format"])
        let format = try NetworkFormat(parameters)
        guard let network = try networks.network(named: call.subject) else {
            throw Problem(.notFound, "there is no stored network \(call.subject)")
        }
        return .content(format.content(of: network))
    }
}

/// `DELETE /networks/{name}`: deletes a stored network.
struct DeleteNetworkEndpoint: Endpoint {
    let place = Place.storage
    let scope: Scope? = .write
    let store: Store

    func answer(_ call: Call, _ workspace: Workspace) throws(Problem) -> Answer {
        let wasThere = try Problem.storing { () throws(StoreError) in
            try store.deleteNetwork(named: call.subject)
        }
        guard wasThere else {
            throw Problem(.notFound, "there is no stored network \(call.subject)")
        }
        return .content(Content(status: .noContent, body: []))
    }
}

extension Problem {
    /// The same problem as seen from a part of the body that is the whole body here.
    fileprivate func movedUp(from prefix: String) -> Problem {
        var problem = self
        if let pointer, pointer.hasPrefix(prefix + "/") {
            problem.pointer = String(pointer.dropFirst(prefix.count))
        }
        return problem
    }
}
