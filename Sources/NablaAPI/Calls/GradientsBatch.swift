public import NablaJSON
import NablaNetworks

/// The body of `POST /gradients/batch`: parsed once, and read request by request, on any threads.
///
/// Unchecked because a document isn't `Sendable`. It is safe: reading a document changes nothing in
/// it, and nothing here changes after the batch is made.
public struct GradientsBatch: @unchecked Sendable {
    private let requests: [JSONValue]
    private let defaults: GradientsDefaults?

    /// How many requests there are.
    public var count: Int { requests.count }

    /// Parses a batch; what is wrong with one of its requests is told when that is read.
    ///
    /// - Parameters:
    ///   - body: The text; parsed without a copy when it has spare capacity (see `JSONDocument`).
    ///   - limits: The bounds of the JSON reader.
    ///   - mostRequests: How many requests it may have.
    /// - Throws: `Problem` that says what is wrong with the batch as a whole, and where.
    public init(
        parsing body: [UInt8], limits: JSONLimits = JSONLimits(), mostRequests: Int = .max
    ) throws(Problem) {
        self = try Problem.reporting {
            let root = try JSONDocument(parsing: body, limits: limits).root
            let object = try root.object(["requests", "defaults"])
            let requests = try object.read("requests") { try $0.array() }
            guard requests.count <= mostRequests else {
                throw Problem(
                    .contentTooLarge,
                    "there are \(requests.count) requests, but at most \(mostRequests) are taken "
                        + "at once", pointer: "/requests")
            }
            let defaults = try object.readIfPresent("defaults") { try GradientsDefaults($0) }
            return GradientsBatch(requests: Array(requests), defaults: defaults)
        }
    }

    private init(requests: [JSONValue], defaults: GradientsDefaults?) {
        self.requests = requests
        self.defaults = defaults
    }

    /// Reads a request, with the defaults for the fields that it lacks.
    ///
    /// - Throws: `Problem` that points into the request.
    public func request(at index: Int) throws(Problem) -> GradientsRequest {
        do {
            return try Problem.reporting {
                // Separated, because other threads read other requests.
                try GradientsRequest(reading: requests[index].separated(), defaults: defaults)
            }
        } catch {
            throw error.inRequest(index)
        }
    }
}

extension Problem {
    /// The same problem as seen from a request of a batch, whose field may come from the defaults.
    fileprivate func inRequest(_ index: Int) -> Problem {
        var problem = self
        let request = "/requests/\(index)"
        if let pointer, pointer.hasPrefix(request) {
            problem.pointer = String(pointer.dropFirst(request.count))
        } else if let pointer, pointer.hasPrefix("/defaults") {
            problem.pointer = String(pointer.dropFirst("/defaults".count))
            problem.detail += " (in the batch's defaults)"
        }
        return problem
    }
}

/// The fields that the requests of a batch share, the large ones read once.
struct GradientsDefaults {
    let object: JSONObject
    private let dtype: DType
    private let sharedNetwork: Result<NetworkSource?, any Error>
    private let sharedLoss: Result<Loss?, any Error>
    private let sharedSamples: Result<SamplesSource?, any Error>

    /// Reads them; what is wrong with one is told to whoever asks for it.
    ///
    /// - Throws: What is wrong with the object as a whole, or with its `dtype`.
    init(_ value: JSONValue) throws {
        let object = try value.object(GradientsRequest.fields)
        let dtype = try object.readIfPresent("dtype") { try DType(reading: $0) } ?? .float64
        self.object = object
        self.dtype = dtype
        sharedNetwork = Result { try GradientsDefaults.network(of: object, as: dtype) }
        sharedLoss = Result { try object.readIfPresent("loss") { try Loss(reading: $0) } }
        sharedSamples = Result { try GradientsDefaults.samples(of: object, as: dtype) }
    }

    /// The network, its numbers as `dtype`; nil when there is none.
    func network(as dtype: DType) throws -> NetworkSource? {
        guard dtype != self.dtype else { return try sharedNetwork.get() }
        return try GradientsDefaults.network(of: object, as: dtype)
    }

    /// The loss; nil when there is none.
    func loss() throws -> Loss? { try sharedLoss.get() }

    /// The samples, their numbers as `dtype`; nil when there are none.
    func samples(as dtype: DType) throws -> SamplesSource? {
        guard dtype != self.dtype else { return try sharedSamples.get() }
        return try GradientsDefaults.samples(of: object, as: dtype)
    }

    private static func network(of object: JSONObject, as dtype: DType) throws -> NetworkSource? {
        try object.readIfPresent("network") { try NetworkSource(reading: $0, as: dtype) }
    }

    private static func samples(of object: JSONObject, as dtype: DType) throws -> SamplesSource? {
        try object.readIfPresent("samples") { try SamplesSource(reading: $0, as: dtype) }
    }
}
