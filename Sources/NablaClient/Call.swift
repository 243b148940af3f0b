import NablaAPI
import NablaNetworks

/// A call of the contract: what is sent, and how the answer is read.
struct Call<Value: Sendable>: Sendable {
    /// What is sent.
    let message: Message
    /// Reads the body of a good answer.
    let decode: @Sendable ([UInt8]) throws(Problem) -> Value

    init(_ message: Message, _ decode: @escaping @Sendable ([UInt8]) throws(Problem) -> Value) {
        self.message = message
        self.decode = decode
    }

    /// Reads the answer, whatever it is.
    func read(_ received: Received) throws(ClientError) -> Value {
        guard (200..<300).contains(received.status) else { throw ClientError(received) }
        do {
            return try decode(received.body)
        } catch {
            throw .unexpected(status: received.status, detail: error.detail)
        }
    }
}

extension ClientError {
    /// Tells what an answer says that is no good one.
    init(_ received: Received) {
        if received.status == 407 {
            self = .configuration(
                "the proxy asks for credentials: its address is to be like http://user:password@host:port"
            )
            return
        }
        if let problem = try? Problem(parsing: received.body) {
            self = .problem(problem)
            return
        }
        let text = String(decoding: received.body.prefix(200), as: UTF8.self)
        self = .unexpected(status: received.status, detail: text)
    }
}

/// The request with numbers packed both ways, whatever it says: they are the same, and shorter.
private func packed(_ request: GradientsRequest) -> GradientsRequest {
    var request = request
    request.encoding = .base64
    return request
}

extension Call where Value == GradientsResponse {
    static func gradients(_ request: GradientsRequest, language: String?) -> Call {
        let fields = language.map { ["Accept-Language: \($0)"] } ?? []
        return Call(
            Message(
                method: "POST", path: Path.gradients, fields: fields, body: packed(request).json(),
                isPure: true)
        ) { (body) throws(Problem) in try GradientsResponse(parsing: body) }
    }
}

extension Call where Value == [Result<GradientsResponse, Problem>] {
    static func gradients(batch requests: [GradientsRequest]) -> Call {
        let body = GradientsBatchCall.json(requests.map(packed))
        return Call(Message(method: "POST", path: Path.gradientsBatch, body: body, isPure: true)) {
            (body) throws(Problem) in try GradientsBatchCall.results(parsing: body)
        }
    }
}

extension Call where Value == CheckResponse {
    static func check(_ request: CheckRequest) -> Call {
        Call(
            Message(method: "POST", path: Path.check, body: request.json(as: .base64), isPure: true)
        ) {
            (body) throws(Problem) in try CheckResponse(parsing: body)
        }
    }
}

extension Call where Value == PredictResponse {
    static func predict(_ request: PredictRequest) -> Call {
        var request = request
        request.encoding = .base64
        let dtype = request.dtype
        return Call(Message(method: "POST", path: Path.predict, body: request.json(), isPure: true))
        {
            (body) throws(Problem) in try PredictResponse(parsing: body, as: dtype)
        }
    }
}

extension Call where Value == Run {
    static func train(
        _ request: TrainRequest, waitSeconds: Int?, idempotencyKey: String?
    ) -> Call {
        let fields =
            (waitSeconds.map { ["Prefer: wait=\($0)"] } ?? [])
            // Without one of the caller's own, a made-up one lets this call be repeated.
            + ["Idempotency-Key: \(idempotencyKey ?? madeUpKey())"]
        return Call(
            Message(method: "POST", path: Path.train, fields: fields, body: request.json())
        ) { (body) throws(Problem) in try Run(parsing: body) }
    }

    static func run(_ id: String) -> Call {
        Call(Message(path: Path.run(escaped(id)))) {
            (body) throws(Problem) in try Run(parsing: body)
        }
    }

    static func change(_ id: String, _ change: RunChange) -> Call {
        Call(Message(method: "PATCH", path: Path.run(escaped(id)), body: change.json())) {
            (body) throws(Problem) in try Run(parsing: body)
        }
    }

    static func cancel(_ id: String) -> Call {
        Call(Message(method: "POST", path: Path.run(escaped(id), .cancel))) {
            (body) throws(Problem) in try Run(parsing: body)
        }
    }
}

extension Call where Value == Run {
    static func resume(_ id: String, _ request: ResumeRequest) -> Call {
        Call(
            Message(method: "POST", path: Path.run(escaped(id), .resume), body: request.json())
        ) { (body) throws(Problem) in try Run(parsing: body) }
    }
}

extension Call where Value == Void {
    static func delete(_ path: String) -> Call {
        Call(Message(method: "DELETE", path: path)) { (_) throws(Problem) in }
    }
}

extension Call where Value == RunList {
    static func runs(_ query: RunsQuery) -> Call {
        Call(Message(path: Path.runs + query.text)) {
            (body) throws(Problem) in try RunList(parsing: body)
        }
    }
}

extension Call where Value == RunComparison {
    static func compare(_ ids: [String]) -> Call {
        let ids = ids.map(escaped).joined(separator: ",")
        return Call(Message(path: Path.runsCompare + "?ids=\(ids)")) {
            (body) throws(Problem) in try RunComparison(parsing: body)
        }
    }
}

extension Call where Value == MetricHistory {
    static func metrics(_ id: String, key: String?, from epoch: Int?, downsample: Int?) -> Call {
        let query = query(
            ("key", key), ("from", epoch.map { String($0) }),
            ("downsample", downsample.map { String($0) }))
        return Call(Message(path: Path.run(escaped(id), .metrics) + query)) {
            (body) throws(Problem) in try MetricHistory(parsing: body)
        }
    }
}

extension Call where Value == Network {
    static func network(_ id: String, epoch: Int?, as dtype: DType) -> Call {
        let query = query(("encoding", "base64"), ("epoch", epoch.map { String($0) }))
        return Call(Message(path: Path.run(escaped(id), .network) + query)) {
            (body) throws(Problem) in try Network(parsing: body, as: dtype)
        }
    }
}

extension Call where Value == VersionResponse {
    static func version() -> Call {
        Call(Message(path: Path.version)) {
            (body) throws(Problem) in try VersionResponse(parsing: body)
        }
    }
}

extension Call where Value == HealthResponse {
    static func health(_ path: String) -> Call {
        Call(Message(path: path)) { (body) throws(Problem) in try HealthResponse(parsing: body) }
    }
}

/// The query of a target: the parameters that have a value.
func query(_ parameters: (name: String, value: String?)...) -> String {
    let parts = parameters.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
    return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
}

/// The text with everything percent-encoded that has a meaning in a target.
///
/// - Source: RFC 3986, section 2.3: letters, digits, `-`, `.`, `_` and `~` stand for themselves.
func escaped(_ text: String) -> String {
    let hexadecimal = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            bytes.append(byte)
        default:
            bytes += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
