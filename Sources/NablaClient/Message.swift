import NablaGzip

/// A request on its way to the service.
struct Message: Sendable {
    /// The method.
    var method = "GET"
    /// The path and, where there is one, the query.
    var path: String
    /// Fields beside those that curl and the body bring.
    var fields: [String] = []
    /// The body; nil for none.
    var body: [UInt8]?
    /// What the body is.
    var mediaType = "application/json"
    /// Whether the answer is a stream that ends when it likes.
    var isStream = false
    /// Whether it computes only, so that it may be sent again though it is a POST.
    var isPure = false
    /// How long the call may take, in milliseconds; 0 for as long as it takes.
    var milliseconds = 0

    /// Whether it may be sent again when nobody knows what became of it.
    var isRepeatable: Bool {
        isPure || ["GET", "PUT", "DELETE"].contains(method)
            || fields.contains { $0.hasPrefix("Idempotency-Key:") }
    }
}

extension Message {
    /// All of a request but its body and its time: what curl's options are set for.
    struct Purpose: Sendable, Equatable {
        let method: String
        let path: String
        let fields: [String]
        let hasBody: Bool
        let mediaType: String
        let isStream: Bool
        let isRepeatable: Bool
    }

    /// What curl's options are to be set for.
    var purpose: Purpose {
        Purpose(
            method: method, path: path, fields: fields, hasBody: body != nil, mediaType: mediaType,
            isStream: isStream, isRepeatable: isRepeatable)
    }

    /// The fewest bytes of a body that is compressed.
    private static let fewestBytes = 1024

    /// The same request with its body in gzip, where that makes it smaller.
    var compressed: Message {
        guard let body, body.count >= Message.fewestBytes, let short = Gzip.compressed(body),
            short.count < body.count
        else { return self }
        var message = self
        message.body = short
        message.fields.append("Content-Encoding: gzip")
        return message
    }
}

/// What came back.
struct Received: Sendable {
    var status = 0
    var body: [UInt8] = []
    /// How long the service asks callers to wait; 0 where it doesn't.
    var retryAfterSeconds = 0
}
