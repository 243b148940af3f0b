import NablaAPI
import NablaNetworks

/// The forms that a network is sent in.
enum NetworkFormat {
    case json(Encoding)
    case safetensors

    private enum Name: String, CaseIterable {
        case json, safetensors
    }

    /// What `format` and `encoding` ask for; JSON with nested arrays where they are left out.
    init(_ parameters: Parameters) throws(Problem) {
        let encoding = try parameters.name("encoding", Encoding.self)
        switch try parameters.name("format", Name.self) ?? .json {
        case .json: self = .json(encoding ?? .json)
        case .safetensors:
            guard encoding == nil else {
                throw Problem(.invalidParameter, "encoding is for the format json")
            }
            self = .safetensors
        }
    }

    /// A network in this form.
    func content(of network: Network) -> Content {
        switch self {
        case .json(let encoding): return .json(network.json(as: encoding))
        case .safetensors:
            var content = Content(body: network.safetensors().bytes())
            content.mediaType = Safetensors.mediaType
            content.fields = [
                ("Content-Disposition", "attachment; filename=\"network.safetensors\"")
            ]
            return content
        }
    }
}
