import NablaJSON
public import NablaNetworks

/// The samples of a request: written out in it, or stored with the service.
public enum SamplesSource: Sendable, Equatable {
    /// Written out in the request.
    case inline(Samples)
    /// The stored dataset of that name or id.
    case dataset(String)

    /// The samples, where they are written out.
    public var inline: Samples? {
        if case .inline(let samples) = self { samples } else { nil }
    }

    init(reading value: JSONValue, as dtype: DType) throws {
        if value.hasField("dataset") {
            self = .dataset(
                try value.object(["dataset"]).read("dataset") { try $0.string() })
        } else {
            self = .inline(try Samples(reading: value, as: dtype))
        }
    }

    func write(to writer: inout JSONWriter, as encoding: Encoding) {
        switch self {
        case .inline(let samples): samples.write(to: &writer, as: encoding)
        case .dataset(let name):
            writer.beginObject()
            writer.field("dataset", name)
            writer.endObject()
        }
    }
}
