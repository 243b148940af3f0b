import NablaAPI
import NablaNetworks

// Calls about what is stored: datasets and networks.

extension Call where Value == Dataset {
    static func put(_ samples: Samples, named name: String) -> Call {
        var message = Message(method: "PUT", path: Path.dataset(escaped(name)))
        message.body = samples.safetensors().bytes()
        message.mediaType = Safetensors.mediaType
        return Call(message) { (body) throws(Problem) in try Dataset(parsing: body) }
    }

    static func put(
        csv: [UInt8], targets: [String], weight: String?, named name: String
    ) -> Call {
        let weight = weight.map { "&weight=\(escaped($0))" } ?? ""
        let target = targets.map(escaped).joined(separator: ",")
        var message = Message(
            method: "PUT", path: Path.dataset(escaped(name)) + "?target=\(target)\(weight)")
        message.body = csv
        message.mediaType = "text/csv"
        return Call(message) { (body) throws(Problem) in try Dataset(parsing: body) }
    }

    static func dataset(_ reference: String, withSamples: Bool) -> Call {
        let query = withSamples ? "?include=samples&encoding=base64" : ""
        return Call(Message(path: Path.dataset(escaped(reference)) + query)) {
            (body) throws(Problem) in try Dataset(parsing: body)
        }
    }
}

extension Call where Value == DatasetList {
    static func datasets(after cursor: String?, limit: Int?) -> Call {
        let query = query(("cursor", cursor), ("limit", limit.map { String($0) }))
        return Call(Message(path: Path.datasets + query)) {
            (body) throws(Problem) in try DatasetList(parsing: body)
        }
    }
}

extension Call where Value == NetworkDescription {
    static func put(_ source: NetworkSource, named name: String) -> Call {
        var message = Message(method: "PUT", path: Path.network(escaped(name)))
        if case .inline(let network) = source {
            message.body = network.safetensors().bytes()
            message.mediaType = Safetensors.mediaType
        } else {
            message.body = source.json()
        }
        return Call(message) { (body) throws(Problem) in try NetworkDescription(parsing: body) }
    }

    static func put(safetensors file: [UInt8], activations: [String], named name: String) -> Call {
        let names = activations.isEmpty ? nil : activations.joined(separator: ",")
        var message = Message(
            method: "PUT", path: Path.network(escaped(name)) + query(("activations", names)))
        message.body = file
        message.mediaType = Safetensors.mediaType
        return Call(message) { (body) throws(Problem) in try NetworkDescription(parsing: body) }
    }
}

extension Call where Value == StoredNetworkList {
    static func networks(after cursor: String?, limit: Int?) -> Call {
        let query = query(("cursor", cursor), ("limit", limit.map { String($0) }))
        return Call(Message(path: Path.networks + query)) {
            (body) throws(Problem) in try StoredNetworkList(parsing: body)
        }
    }
}

extension Call where Value == Network {
    static func network(named name: String, as dtype: DType) -> Call {
        Call(Message(path: Path.network(escaped(name)) + "?encoding=base64")) {
            (body) throws(Problem) in try Network(parsing: body, as: dtype)
        }
    }
}
